"""The platform's own pages."""

from django.urls import path

from tenants import kept_mail, sign_in_views, sign_up_views, views

app_name = "platform"
urlpatterns = [
    path("", views.directory, name="home"),
    path("open-a-shop/", sign_up_views.sign_up, name="sign-up"),
    path("open-a-shop/address/", sign_up_views.address, name="sign-up-address"),
    path("open-a-shop/sent/", sign_up_views.sent, name="sign-up-sent"),
    path("open-a-shop/<str:token>/", sign_up_views.confirm, name="sign-up-confirm"),
    path("sign-in/", sign_in_views.sign_in, name="sign-in"),
    path("sign-in/shops/", sign_in_views.own_shops, name="sign-in-shops"),
    path("sign-in/sent/", sign_in_views.sent, name="sign-in-sent"),
    path("mail/", kept_mail.mails, name="mails"),
    path("mail/<str:name>/", kept_mail.mail, name="mail"),
    path("mail/<str:name>/html", kept_mail.mail_html, name="mail-html"),
    path("theme.css", views.theme, name="theme"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
]
