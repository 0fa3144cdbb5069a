"""The platform's own pages."""

from django.urls import path

from tenants import views

app_name = "platform"
urlpatterns = [
    path("", views.directory, name="home"),
    path("theme.css", views.theme, name="theme"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
]
