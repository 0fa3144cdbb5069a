from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "checkout"

    def ready(self) -> None:
        # The gateway needs the models, which exist only once the apps are ready.
        from checkout.services.accounts import look_up
        from tenants.services.accounts import account_checks

        account_checks.append(look_up)
