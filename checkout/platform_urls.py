"""What belongs to payments on the platform's own hosts."""

from django.urls import path, re_path

from checkout import payment_views
from checkout.simulator import views as simulator
from checkout.stripe_demo import CheckoutCallViewSet

app_name = "checkout"
urlpatterns = [
    re_path(r"^stripe/webhook/?$", payment_views.webhook, name="webhook"),
    path("checkout/return/", payment_views.platform_returned, name="returned"),
    re_path(
        r"^stripe-demo/create-checkout-session-json/?$",
        CheckoutCallViewSet.as_view({"post": "create"}),
        name="create-session",
    ),
    path("stripe-demo/", simulator.sessions, name="simulator-sessions"),
    path("stripe-demo/pay/<str:session_id>", simulator.pay, name="simulator-pay"),
]
