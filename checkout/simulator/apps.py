from django.apps import AppConfig


class SimulatorConfig(AppConfig):
    name = "checkout.simulator"
    label = "simulator"
