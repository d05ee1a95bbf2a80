-- What was read and is not written yet: records of the files by number, and what the bulk reader cannot vouch for (not `is_good`).
create or replace temp table waiting (
    block integer,
    file_number integer,
    line_number bigint,
    shape varchar,
    id_space varchar,
    event_id varchar,
    customer_ref varchar,
    meter varchar,
    value decimal(30, 12),
    occurred_at timestamp,
    fraction_digits tinyint,
    received_at timestamp,
    voids varchar,
    properties varchar,
    payload varchar,
    raw varchar,
    keys varchar[],
    fields varchar[],
    is_good boolean
);
create or replace temp table waiting_rejects (
    file_number integer,
    line_number bigint,
    reason varchar,
    detail varchar,
    raw varchar
);
create or replace temp view usage_records as
select files.file_hash, waiting.*
from waiting
inner join reading_files as files on waiting.file_number = files.file_number
where waiting.is_good;
create or replace temp view usage_rejects as
select files.file_hash, rejects.*
from waiting_rejects as rejects
inner join reading_files as files on rejects.file_number = files.file_number;
