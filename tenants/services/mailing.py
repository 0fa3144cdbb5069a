"""Mails to those who work in a shop, or open one."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from tenants.theme import text_on

PLATFORM_NAME, PLATFORM_COLOR = "PyCommerce", "#1d4ed8"


def send_mail(kind: str, to: str, context: Mapping[str, Any]) -> None:
    """Send the mail of `templates/tenants/mail/<kind>` in the language that is active.

    `context` has its `subject`, `language`, `origin` and `link`, and the `name` and `color` of who
    sends it: a shop or the platform.
    """
    subject, name = context["subject"], context["name"]
    shown = {
        **context,
        "brand": context["color"],
        "brand_ink": text_on(context["color"]),
    }
    sender = "".join(letter for letter in name if letter.isprintable() and letter not in '"\\<>')
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"tenants/mail/{kind}.txt", shown).strip() + "\n",
        from_email=f'"{sender}" <{settings.DEFAULT_FROM_EMAIL}>',
        to=[to],
    )
    mail.attach_alternative(render_to_string(f"tenants/mail/{kind}.html", shown), "text/html")
    mail.send()
