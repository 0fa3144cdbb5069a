from django.apps import AppConfig


class StripeInboxConfig(AppConfig):
    name = "checkout.stripe_inbox"
    label = "stripe_inbox"
    verbose_name = "Stripe"
