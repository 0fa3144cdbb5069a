"""What the worker does for a shop's catalogue."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django_tenants.utils import tenant_context
from procrastinate.contrib.django import app

from catalog.models import ProductImage
from catalog.services.import_runs import work_on
from catalog.services.pictures import delete_files, tell_widths, write_widths
from catalog.services.refresh import read_texts_anew, refresh_products
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.shop.models import raise_catalogue_version


def _tenant(tenant_id: str) -> Tenant | None:
    connection.set_schema_to_public()
    return Tenant.objects.filter(pk=UUID(tenant_id)).first()


@app.task(retry=3, pass_context=False)
def make_picture_widths(tenant_id: str, image_ids: list[str]) -> None:
    """Pictures that were uploaded, in the widths that pages ask for.

    What pages keep is dropped once, when all of them are there.
    """
    if (tenant := _tenant(tenant_id)) is None:
        return
    with tenant_context(tenant):
        images = ProductImage.objects.filter(pk__in=image_ids).exclude(file="")
        written = [image for image in images if write_widths(image)]
        with transaction.atomic():
            if products := tell_widths(written):
                refresh_products(products)
                raise_catalogue_version()


@app.task(retry=3, pass_context=False)
def delete_picture_files(tenant_id: str, names: list[str]) -> None:
    """Files of pictures that a merchant removed or replaced."""
    if (tenant := _tenant(tenant_id)) is None:
        return
    with tenant_context(tenant):
        delete_files(names)


@app.task(lock="imports", pass_context=False)
def work_on_import(tenant_id: str, run_id: str) -> None:
    """A file that somebody uploaded: looked at first, and brought in when they say so.

    One at a time of all shops, since each takes minutes: mails and payments find room beside it.
    """
    if (tenant := _tenant(tenant_id)) is None:
        return
    with tenant_context(tenant), translation.override(settings.LANGUAGE_CODE):
        work_on(UUID(run_id))


@app.task(retry=3, pass_context=False)
def follow_language(tenant_id: str) -> None:
    """A shop whose language was changed: its search reads words as the new one has them."""
    if (tenant := _tenant(tenant_id)) is None:
        return
    with tenant_context(tenant), transaction.atomic():
        read_texts_anew()
        raise_catalogue_version()
