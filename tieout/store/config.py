"""Settings from the environment: `TIEOUT_HOME`, `TIEOUT_SNAPSHOTS_KEPT`, and one for every business setting."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from pydantic import Field, SecretStr, ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from tieout.core.settings import Settings
from tieout.store.errors import BadArgument

PROJECT_ROOT: Final = Path(__file__).resolve().parents[2]
"""The clone that the application runs from; it is installed in editable mode."""


class Config(BaseSettings):
    """Where things are and how much of the machine a run may take. Every field is read from `TIEOUT_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="TIEOUT_", extra="ignore")

    home: Path = Field(default=Path(".tieout"), description="the home, when --home is not given")
    landing: Path = Field(default=Path("landing"), description="the landing area, when --landing is not given")
    dbt_project: Path = Field(default=PROJECT_ROOT / "dbt", description="the dbt project, to try out changed rules")
    livemode: bool | None = Field(default=None, description="true or false: takes objects of this mode only")
    threads: int = Field(default=2, ge=1, le=64, description="threads of DuckDB and of dbt")
    # the rest of a run takes some 600 MB, so that the whole stays below 2 GB
    memory_limit: str = Field(default="1GB", description="memory that DuckDB may use before it spills to disk")
    snapshots_kept: int = Field(default=5, ge=1, le=1000, description="published snapshots kept, the current included")
    snapshot_min_age_seconds: int = Field(
        default=300, ge=0, description="a snapshot is kept at least so long after another took its place"
    )
    stale_after_hours: int = Field(default=36, ge=1, description="the dashboard warns when the last run is older")
    webhook_url: SecretStr | None = Field(default=None, description="where `tieout watch` sends notices; a secret")
    webhook_timeout_seconds: float = Field(default=10.0, gt=0, le=600, description="how long the webhook may be silent")
    webhook_attempts: int = Field(default=5, ge=1, le=100, description="tries of a notice before it waits for later")
    runs_kept: int = Field(default=20, ge=1, description="run folders (logs, dbt's results) kept")
    health_runs_kept: int = Field(default=400, ge=1, description="runs that pipeline_health remembers")


def _business_model() -> type[BaseSettings]:
    """A settings model with the fields of `Settings`, so that each is declared only there."""
    kinds: dict[str, type] = {"int": int, "str": str, "bool": bool}
    wanted: dict[str, Any] = {field.name: (kinds[str(field.type)], field.default) for field in fields(Settings)}
    return create_model("BusinessSettings", __base__=_Prefixed, **wanted)


class _Prefixed(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TIEOUT_", extra="ignore")


def load_config() -> Config:
    """The machine's settings.

    Raises:
        BadArgument: names the variable that cannot be read.
    """
    try:
        return Config()
    except ValidationError as error:
        raise _named(error) from error


def load_settings() -> Settings:
    """The business settings.

    Raises:
        BadArgument: names the variable that cannot be read or is not allowed.
    """
    try:
        return Settings(**_business_model()().model_dump())
    except ValidationError as error:
        raise _named(error) from error
    except ValueError as error:
        raise BadArgument(f"setting {error}") from error


def _named(error: ValidationError) -> BadArgument:
    """The first fault in words; the value is left out, since a variable may hold what nobody should read."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = "_".join(str(part) for part in first["loc"]).upper()
    return BadArgument(f"environment variable TIEOUT_{name}: {first['msg']}")
