"""The platform's own pages."""

from django.urls import path

from tenants import kept_mail, views

app_name = "platform"
urlpatterns = [
    path("", views.directory, name="home"),
    path("mail/", kept_mail.mails, name="mails"),
    path("mail/<str:name>/", kept_mail.mail, name="mail"),
    path("mail/<str:name>/html", kept_mail.mail_html, name="mail-html"),
    path("theme.css", views.theme, name="theme"),
    path("robots.txt", views.robots, name="robots"),
    path("favicon.ico", views.favicon, name="favicon"),
]
