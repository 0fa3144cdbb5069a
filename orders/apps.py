from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Sales"

    def ready(self) -> None:
        # Models exist only once the apps are ready.
        from catalog.delivery import tell_ways
        from orders.showing import ways_to_send

        tell_ways(ways_to_send)
