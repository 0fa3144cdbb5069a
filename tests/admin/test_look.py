"""Owners and managers change what the shop is called and how it looks, and see it before."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from tenants.changes import HELD_SECONDS, changes
from tenants.models import Tenant
from tenants.shop.models import AuditEntry, catalogue_version
from tests.admin.conftest import words
from tests.factories import make_product

LIST = "/admin/tenants/shoplook/"
PREVIEW = "/admin/tenants/shoplook/preview/"
LOOK = {
    "name": "Gadget House",
    "tagline": "For every pocket",
    "logo_alt": "",
    "primary_color": "#1d4ed8",
    "accent_color": "#b45309",
    "radius": "none",
    "density": "compact",
    "type_scale": "poster",
}


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def change(tech):
    """The address of the form."""
    return f"{LIST}{tech.pk}/change/"


def _logo(kind: str = "PNG", size: tuple[int, int] = (900, 300)) -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGBA", size, "#1d4ed8").save(made, kind)
    return SimpleUploadedFile("logo.png", made.getvalue(), "image/png")


def _save(client, change, **fields):
    return client.post(change, {name: v for name, v in (LOOK | fields).items() if v is not None})


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_owners_and_managers_change_the_look(desk_of, tech, change, role):
    desk = desk_of(role)
    before = catalogue_version()

    response = _save(desk, change)

    assert response.status_code == 302, response.context["errors"]
    shop = Tenant.objects.get(pk=tech.pk)
    assert {name: getattr(shop, name) for name in LOOK} == LOOK
    assert catalogue_version() > before
    entry = AuditEntry.objects.get(object_type="shop look")
    assert entry.changes["name"] == ["Tech Gadgets", "Gadget House"]
    assert entry.changes["radius"] == ["large", "none"]
    assert entry.user_name == f"{role}@example.com"


def test_whether_the_directory_shows_the_shop_is_changed_there_too(desk_of, tech, change):
    desk = desk_of("owner")
    assert "directory" in words(desk.get(change))

    _save(desk, change)
    assert Tenant.objects.get(pk=tech.pk).is_listed is False
    _save(desk, change, is_listed="on")

    assert Tenant.objects.get(pk=tech.pk).is_listed is True


@pytest.mark.parametrize("role", ["fulfilment", "viewer"])
def test_others_neither_see_nor_change_it(desk_of, tech, change, role):
    desk = desk_of(role)

    assert "Shop look" not in words(desk.get("/admin/"))
    for answer in (
        desk.get(change),
        _save(desk, change),
        desk.get(PREVIEW),
        desk.get(f"{PREVIEW}theme.css"),
        desk.get(f"{PREVIEW}colours/"),
    ):
        assert answer.status_code == 403
    assert Tenant.objects.get(pk=tech.pk).name == "Tech Gadgets"


def test_there_is_one_look_and_the_menu_leads_to_it(desk, tech, outdoor, change):
    connection.set_tenant(tech)

    assert f'href="{LIST}"' in words(desk.get("/admin/"))
    assert desk.get(LIST)["Location"] == change
    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(f"{LIST}{tech.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get(f"{LIST}{outdoor.pk}/change/").status_code == 302
    assert _save(desk, f"{LIST}{outdoor.pk}/change/").status_code == 302
    assert Tenant.objects.get(pk=outdoor.pk).name == "Outdoor Adventures"


def test_a_look_that_was_saved_late_reopens_no_closed_shop(desk, tech, change):
    desk.get(change)
    Tenant.objects.filter(pk=tech.pk).update(active=False)

    _save(desk, change)

    shop = Tenant.objects.get(pk=tech.pk)
    assert (shop.active, shop.name) == (False, "Gadget House")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"primary_color": "red"}, "Write a colour as #rrggbb."),
        ({"radius": "9px"}, "Select a valid choice."),
        ({"logo": SimpleUploadedFile("logo.svg", b"<svg/>")}, "not a JPEG, PNG, WebP or GIF"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(desk, tech, change, fields, says):
    response = _save(desk, change, **fields)

    assert response.status_code == 200
    assert says in words(response)
    assert Tenant.objects.get(pk=tech.pk).name == "Tech Gadgets"


def test_a_logo_is_made_anew_and_measured_and_the_old_one_forgotten(
    desk, tech, change, settings, django_capture_on_commit_callbacks
):
    _save(desk, change, logo=_logo())
    first = Tenant.objects.get(pk=tech.pk)
    _save(desk, change, logo=_logo(size=(200, 100)), logo_alt="A house")

    shop = Tenant.objects.get(pk=tech.pk)
    assert (first.logo_width, first.logo_height) == (512, 171)
    assert (shop.logo_width, shop.logo_height, shop.logo_alt) == (200, 100, "A house")
    assert shop.logo.name.startswith(f"tenants/{tech.pk}/logo/")
    assert Image.open(Path(settings.MEDIA_ROOT) / shop.logo.name).format == "WEBP"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args -> 'names' FROM procrastinate_jobs "
            "WHERE task_name = 'catalog.jobs.delete_picture_files'"
        )
        assert first.logo.name in str(cursor.fetchall())


def test_a_logo_can_be_taken_away(desk, tech, change):
    _save(desk, change, logo=_logo())
    _save(desk, change, **{"logo-clear": "on"})

    shop = Tenant.objects.get(pk=tech.pk)
    assert (shop.logo.name, shop.logo_width, shop.logo_height) == ("", None, None)


def test_a_colour_that_cannot_be_read_is_said_with_its_ratio_and_what_is_shown(desk, change):
    saved = desk.post(change, LOOK | {"primary_color": "#ffff00"}, follow=True)
    tried = words(desk.get(f"{PREVIEW}colours/", {"primary_color": "#ffff00"}))

    # White on #ffff00 has 1.07 to 1, #f5f6f8 on it a little less.
    assert "#ffff00 has a contrast of 1.0 to 1 on the light page" in words(saved)
    assert "as text it is shown as #" in words(saved)
    assert "#ffff00 has a contrast of 1.0 to 1 on the light page" in tried
    assert "#ffff00 reads well on the dark page" in tried


# --- What is tried on ------------------------------------------------------------------------


def test_the_preview_shows_the_shop_with_what_was_typed_and_saves_nothing(desk, tech, client_for):
    make_product("Lamp")
    client_for(tech).get("/")

    shown = words(desk.get(PREVIEW, LOOK))

    assert shown.count("Gadget House") >= 3
    assert "Tech Gadgets" not in shown
    assert "For every pocket" in shown
    assert "Lamp" in shown
    assert '<base target="_blank">' in shown
    _, _, rest = shown.partition('href="/admin/tenants/shoplook/preview/theme.css?')
    query = rest.partition('"')[0].replace("&amp;", "&")
    assert "--radius:0px" in words(desk.get(f"{PREVIEW}theme.css?{query}"))
    assert Tenant.objects.get(pk=tech.pk).name == "Tech Gadgets"


def test_what_is_tried_on_is_shown_to_nobody_else(desk, tech, client_for):
    desk.get(PREVIEW, LOOK)

    shop = client_for(tech)
    for path in ("/", "/products/", "/cart/"):
        assert "Gadget House" not in words(shop.get(path)), path


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (PREVIEW, "Gadget House"),
        ("/admin/style-guide/", "Gadget House"),
        ("/theme.css", "#7c2d12"),
    ],
)
def test_what_another_process_saved_shows_within_a_second(desk, tech, page, shown):
    assert shown not in words(desk.get(page))
    connection.set_schema_to_public()
    saved = {"name": "Gadget House", "primary_color": "#7c2d12", "updated_at": timezone.now()}
    Tenant.objects.filter(pk=tech.pk).update(**saved)
    changes.looked_at -= HELD_SECONDS

    assert shown in words(desk.get(page))


def test_without_a_script_the_form_itself_is_sent_to_the_preview(desk):
    shown = desk.post(PREVIEW, LOOK | {"logo": _logo()})

    assert "Gadget House" in words(shown)


def test_what_was_half_typed_leaves_the_rest_of_the_preview(desk):
    shown = words(desk.get(PREVIEW, LOOK | {"name": "", "primary_color": "#12"}))
    css = words(desk.get(f"{PREVIEW}theme.css", {"primary_color": "#12", "radius": "none"}))

    assert "Tech Gadgets" in shown
    assert "--brand:#1d4ed8" in css
    assert "--radius:0px" in css


def test_only_the_form_of_the_same_shop_may_frame_the_preview(desk, change):
    preview, form = desk.get(PREVIEW), desk.get(change)

    assert "frame-ancestors 'self'" in preview["Content-Security-Policy"]
    assert "script-src 'self';" in preview["Content-Security-Policy"]
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in form["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in form["Content-Security-Policy"]
