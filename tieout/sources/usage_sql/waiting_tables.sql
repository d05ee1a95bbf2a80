create or replace temp table usage_records (
    file_hash varchar,
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
    raw varchar
);
create or replace temp table usage_rejects (
    file_hash varchar,
    line_number bigint,
    reason varchar,
    detail varchar,
    raw varchar
);
