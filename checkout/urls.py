"""The addresses of cart and checkout on the storefront."""

from django.urls import path, re_path

from checkout import account_views, cart_views, payment_views, views
from checkout.simulator import views as simulator
from checkout.stripe_demo import CheckoutCallViewSet

app_name = "checkout"
urlpatterns = [
    path("cart/", cart_views.cart, name="cart"),
    path("cart/add/", cart_views.add, name="add"),
    path("checkout/", views.checkout, name="checkout"),
    path("checkout/pay/<str:token>/", views.pay, name="pay"),
    path("checkout/back/<str:token>/", views.back, name="back"),
    path("account/", account_views.account, name="account"),
    path("account/sign-in/<str:token>/", account_views.enter, name="enter"),
    path("account/sign-out/", account_views.leave, name="leave"),
    path(
        "account/addresses/<uuid:address_id>/remove/",
        account_views.forget_address,
        name="forget-address",
    ),
    path("account/orders/<str:token>/again/", account_views.again, name="again"),
    path("checkout/return/", payment_views.returned, name="returned"),
    re_path(
        r"^stripe-demo/create-checkout-session-json/?$",
        CheckoutCallViewSet.as_view({"post": "create"}),
        name="create-session",
    ),
    path("stripe-demo/pay/<str:session_id>", simulator.pay, name="simulator-pay"),
]
