"""How dbt's nodes look in Dagster: one helper per aspect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

LANDED_FILES = dg.AssetKey("landed_files")


def asset_key(properties: Mapping[str, Any]) -> dg.AssetKey:
    """Models and seeds are keyed by layer and name; every source of the lake is what `landed_files` leaves."""
    if properties["resource_type"] == "source":
        return LANDED_FILES
    return dg.AssetKey([properties["schema"], properties["name"]])


def group_name(properties: Mapping[str, Any]) -> str:
    """The layer: staging, intermediate, marts or seeds."""
    return str(properties["schema"])


def kinds(properties: Mapping[str, Any]) -> set[str]:
    """What to draw on the node."""
    return {"dbt", "duckdb", str(properties.get("config", {}).get("materialized") or properties["resource_type"])}


class TieoutTranslator(DagsterDbtTranslator):
    """Puts the helpers together."""

    def __init__(self) -> None:
        super().__init__(
            settings=DagsterDbtTranslatorSettings(
                enable_asset_checks=True, enable_duplicate_source_asset_keys=True, enable_source_tests_as_checks=False
            )
        )

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        properties = self.get_resource_props(manifest, unique_id)
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(
            key=asset_key(properties), group_name=group_name(properties), kinds=kinds(properties)
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return asset_key(dbt_resource_props)
