"""Writes the JSON Schema of every built-in kind's spec from its model, so that editors and the engine read data."""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

HERE = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"

SPECS: tuple[tuple[str, str], ...] = (
    ("leads/lead_campaign", "reconciler.kinds.leads.lead_campaign.spec:LeadCampaignSpec"),
    ("leads/account_contract", "reconciler.kinds.leads.account_contract.spec:AccountContractSpec"),
    ("leads/partner_contract", "reconciler.kinds.leads.partner_contract.spec:PartnerContractSpec"),
    ("leads/portal_user", "reconciler.kinds.leads.portal_user.spec:PortalUserSpec"),
    ("email/email_campaign", "reconciler.kinds.email.email_campaign.spec:EmailCampaignSpec"),
    ("email/recipient_list", "reconciler.kinds.email.recipient_list.spec:RecipientListSpec"),
    ("email/segment", "reconciler.kinds.email.segment.spec:SegmentSpec"),
    ("email/suppression_list", "reconciler.kinds.email.suppression_list.spec:SuppressionListSpec"),
    ("messaging/smtp_connection", "reconciler.kinds.messaging.smtp_connection.spec:SmtpConnectionSpec"),
    ("messaging/template", "reconciler.kinds.messaging.template.spec:TemplateSpec"),
    ("messaging/channel", "reconciler.kinds.messaging.channel.spec:ChannelSpec"),
    ("referral/referral_campaign", "reconciler.kinds.referral.referral_campaign.spec:ReferralCampaignSpec"),
    ("referral/referral_program", "reconciler.kinds.referral.referral_program.spec:ReferralProgramSpec"),
    (
        "receivables/receivables_campaign",
        "reconciler.kinds.receivables.receivables_campaign.spec:ReceivablesCampaignSpec",
    ),
    ("receivables/rule_set", "reconciler.kinds.receivables.rule_set.spec:RuleSetSpec"),
    ("receivables/workflow", "reconciler.kinds.receivables.workflow.spec:WorkflowSpec"),
    ("receivables/invoice_source", "reconciler.kinds.receivables.invoice_source.spec:InvoiceSourceSpec"),
    (
        "receivables/notification_settings",
        "reconciler.kinds.receivables.notification_settings.spec:NotificationSettingsSpec",
    ),
    ("collections/collection_campaign", "reconciler.kinds.collections.collection_campaign.spec:CollectionCampaignSpec"),
    ("collections/strategy", "reconciler.kinds.collections.strategy.spec:StrategySpec"),
    ("collections/account_source", "reconciler.kinds.collections.account_source.spec:AccountSourceSpec"),
    ("collections/collection_settings", "reconciler.kinds.collections.collection_settings.spec:CollectionSettingsSpec"),
)


class _PlainSchema(GenerateJsonSchema):
    """Pydantic's schema without titles, and with optional members that are absent, never null."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return {key: value for key, value in super().model_schema(schema).items() if key != "title"}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        found = super().default_schema(schema)
        if isinstance(schema.get("default_factory"), type):
            # An object whose members all have defaults: leaving it out and writing it empty are the same.
            found = {**found, "default": {}}
        return found

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Keys are judged by `propertyNames` alone, so that one place, `additionalProperties`, describes the values."""
        found = super().dict_schema(schema)
        for pattern, values in found.pop("patternProperties", {}).items():
            found["propertyNames"] = {**found.get("propertyNames", {}), "pattern": pattern}
            found["additionalProperties"] = values
        return found


def spec_model(path: str) -> type[BaseModel]:
    """The model behind `module:Class`."""
    module, name = path.split(":")
    model: type[BaseModel] = getattr(import_module(module), name)
    return model


def spec_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a model, as it is written in manifests."""
    return {"$schema": DIALECT, **model.model_json_schema(schema_generator=_PlainSchema)}


def schema_text(model: type[BaseModel]) -> str:
    """The schema as it stands in `schema.json`: sorted, indented, with a trailing newline."""
    return json.dumps(spec_schema(model), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def drifted(root: Path = HERE) -> tuple[str, ...]:
    """The folders whose `schema.json` is not what their model says."""
    return tuple(folder for folder, path in SPECS if _stored(root / folder) != schema_text(spec_model(path)))


def write_schemas(root: Path = HERE) -> tuple[str, ...]:
    """Writes the `schema.json` of every kind whose model says something else, and names their folders."""
    changed = drifted(root)
    for folder, path in SPECS:
        if folder in changed:
            (root / folder / "schema.json").write_text(schema_text(spec_model(path)), encoding="utf-8")
    return changed


def _stored(folder: Path) -> str | None:
    file = folder / "schema.json"
    return file.read_text(encoding="utf-8") if file.exists() else None


def main(arguments: Sequence[str]) -> int:
    """Writes the schemas; with `--check`, only says which would change and exits 1."""
    check = "--check" in arguments
    for folder in (changed := drifted() if check else write_schemas()):
        sys.stdout.write(f"{folder}/schema.json {'has drifted from its model' if check else 'written'}\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
