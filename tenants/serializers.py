"""The shapes of what `/api/auth/*`, `/api/tenants` and `/api/health` take and answer."""

from rest_framework import serializers

from pycommerce.api.fields import TextField
from tenants.models import Role


class HealthSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=["ok"])
    version = serializers.CharField()
    message = serializers.CharField()


class LoginSerializer(serializers.Serializer):
    email = TextField(max_length=254)
    password = TextField(max_length=4096, trim_whitespace=False)
    otp = TextField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="A code of the second factor, or a recovery code, where the account has one: "
        "without it such a login answers 401 `invalid_credentials`.",
    )


class RefreshSerializer(serializers.Serializer):
    refresh = TextField(max_length=4096)


class TokensSerializer(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")


class MyTenantSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    role = serializers.ChoiceField(
        choices=[*Role.values, "api_key"], help_text="`api_key`: what the key's scopes say."
    )


class MeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.CharField(help_text="Empty for an API key.")
    name = serializers.CharField()
    is_platform_staff = serializers.BooleanField(help_text="Has every right in every tenant.")
    tenants = MyTenantSerializer(many=True)


class TenantSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    domain = serializers.CharField()
    active = serializers.BooleanField()


class TenantListSerializer(serializers.Serializer):
    tenants = TenantSerializer(many=True)
    count = serializers.IntegerField()
