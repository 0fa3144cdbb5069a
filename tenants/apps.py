from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Shops and people"

    def ready(self) -> None:
        # The map needs the models, which exist only once the apps are ready.
        from tenants import checks  # noqa: F401 - registers itself
        from tenants.resolution import watch_edits

        watch_edits()
