from django.apps import AppConfig


class APIConfig(AppConfig):
    name = "pycommerce.api"
    label = "api"
    verbose_name = "API"
