from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Sales"

    def ready(self) -> None:
        # Models exist only once the apps are ready.
        from catalog.delivery import tell_ways
        from orders.services.furnishing import furnish
        from orders.showing import ways_to_send
        from tenants.services import signing_up

        tell_ways(ways_to_send)
        signing_up.furnish.append(furnish)
