"""The addresses of orders on the storefront."""

from django.urls import path

from orders import views

app_name = "orders"
urlpatterns = [
    path("orders/<str:token>/", views.status, name="status"),
]
