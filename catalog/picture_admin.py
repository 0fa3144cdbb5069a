"""The pictures on a product's page in the back office: added many at once, sorted, described."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.choices import BaseChoiceIterator
from django.utils.safestring import SafeString

from catalog.models import Product, ProductImage, Variant
from catalog.pictures import PICTURE_SIDE, small, srcset
from catalog.services.galleries import add_picture, arrange_pictures
from catalog.services.locking import lock_products
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.errors import Refusal
from pycommerce.core.form_renderer import desk_select, option_html
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget
from tenants.pictures import ACCEPTED, clean_upload
from tenants.services.audit import Person
from tenants.tenant_admin import TenantModelAdmin

# Without a script files come together; a request makes no more of them than it has time for.
MOST_AT_ONCE = 20


class ManyFilesInput(forms.ClearableFileInput):
    """A plain input for many files."""

    template_name = "django/forms/widgets/input.html"
    allow_multiple_selected = True


class ManyPicturesField(forms.FileField):
    """Files as they were sent; each is looked at by itself when it is taken."""

    widget = ManyFilesInput(attrs={"accept": ACCEPTED})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return list(data or ())

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether files were sent, of which there may be none."""
        return bool(data)


class VariantChoices(BaseChoiceIterator):
    """None and the variants of a product, each written once for all of its pictures."""

    def __init__(self, choices: Sequence[tuple[str, str]]) -> None:
        self._choices = choices
        self.written = {key: option_html(key, words, {}) for key, words in choices}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._choices)

    def html(self, chosen: str) -> str:
        """The options, of which one is chosen."""
        words = dict(self._choices).get(chosen)
        if words is None:
            return "".join(self.written.values())
        here = {chosen: option_html(chosen, words, {"selected": True})}
        return "".join((self.written | here).values())


class _VariantSelect(UnfoldAdminSelectWidget):
    """Fifty pictures of a hundred variants have five thousand options."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        choices: Any = self.choices
        given = self.build_attrs(self.attrs, attrs)
        return desk_select(name, given, choices.html(str(value or "")))


class PictureForm(forms.Form):
    """What is told of a picture: its alternative text, and the variant that it shows.

    Its page carries what was seen, so that it changes what was typed and nothing else.
    """

    alt = forms.CharField(
        label="Alternative text",
        max_length=512,
        required=False,
        show_hidden_initial=True,
        widget=UnfoldAdminTextInputWidget,
    )
    variant = forms.ChoiceField(
        label="Shows", required=False, show_hidden_initial=True, widget=_VariantSelect
    )

    def __init__(self, *args: Any, choices: VariantChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(choices.written) < 3:
            del self.fields["variant"]
            return
        field: Any = self.fields["variant"]
        field.choices = choices

    def described(self) -> dict[str, Any]:
        """The members of the picture that it sets."""
        data = self.cleaned_data
        told: dict[str, Any] = {"alt": data["alt"]}
        if "variant" in data:
            told["variant_id"] = parse_uuid(data["variant"])
        left_alone = {
            name for name in data if name not in self.changed_data and self._seen(name) is not None
        }
        return {name: told[name] for name in told if name.removesuffix("_id") not in left_alone}

    def problems(self, image: ProductImage) -> list[str]:
        """What is wrong with it, and what somebody else changed in the picture meanwhile."""
        found = [" ".join(map(str, errors)) for errors in self.errors.values()]
        present = _told_of(image)
        for name in self.changed_data:
            seen, new = self._seen(name), self.cleaned_data.get(name)
            if seen is not None and present[name] not in (seen, new):
                label = str(self.fields[name].label).lower()
                found.append(f"somebody changed “{label}” meanwhile. Load the page to see it.")
        return found

    def _seen(self, name: str) -> str | None:
        seen: str | None = self.data.get(self[name].html_initial_name)
        return seen


def _told_of(image: ProductImage) -> dict[str, str]:
    return {"alt": image.alt, "variant": str(image.variant_id or "")}


def take_files(
    product: Product, files: Sequence[UploadedFile], user: Person | None
) -> tuple[list[ProductImage], list[str]]:
    """Add those files that are pictures; returns them, and what is wrong with each other one."""
    added, problems = [], []
    for number, file in enumerate(files):
        try:
            if number >= MOST_AT_ONCE:
                raise ValidationError(f"Send at most {MOST_AT_ONCE} at once, and then the others.")
            picture = clean_upload(file, side=PICTURE_SIDE)
            added.append(add_picture(product.pk, picture, user=user))
        except ValidationError as error:
            problems.append(f"{file.name}: {' '.join(error.messages)}")
        except Refusal as refusal:
            problems.append(f"{file.name}: {refusal.details}")
    return added, problems


def tell(request: HttpRequest, added: int, problems: Sequence[str]) -> None:
    """Say on the next page what became of files that were sent."""
    if added:
        messages.success(request, f"{added} {'picture' if added == 1 else 'pictures'} added.")
    for problem in problems:
        messages.error(request, problem)


def variant_choices(product: Product) -> VariantChoices:
    """The variants of a product by their options, after none of them."""
    variants = Variant.objects.filter(product=product).order_by("position", "id")
    named = [(str(each.pk), " / ".join(each.option_values) or each.sku) for each in variants]
    return VariantChoices([("", "Every variant"), *named])


def _shown(image: ProductImage, choices: VariantChoices) -> dict[str, Any]:
    """A picture as the page shows it."""
    file = None
    if image.file:
        file = {"url": image.file.url, "widths": image.widths, "width": image.width}
    return {
        "image": image,
        "small": small(file) if file else "",
        "srcset": srcset(file) if file else "",
        "form": PictureForm(
            prefix=str(image.pk),
            initial=_told_of(image),
            choices=choices,
        ),
    }


class PicturesAdmin(TenantModelAdmin):
    """A product's page with its pictures below the form, in a form of their own."""

    change_form_outer_after_template = "admin/catalog/product/_pictures.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.pictures_view)
        route = path("<uuid:product_id>/pictures/", view, name="catalog_product_pictures")
        return [route, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        product_id = parse_uuid(object_id)
        product = Product.objects.filter(pk=product_id).first() if product_id else None
        more: dict[str, Any] = {}
        if product:
            choices = variant_choices(product)
            more = {
                "pictures": [_shown(image, choices) for image in product.images.all()],
                "pictures_address": reverse("admin:catalog_product_pictures", args=[product.pk]),
                "may_change": self.has_change_permission(request, product),
                "accepted": ACCEPTED,
            }
        response: HttpResponse = super().change_view(
            request, object_id, form_url, more | (extra_context or {})
        )
        return response

    def pictures_view(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        """Take what was sent of a product's pictures: files, their order, their texts.

        A script asks for JSON: `added` are list items of HTML, `problems` are sentences.
        """
        product = Product.objects.filter(pk=product_id).first()
        if product is None:
            raise Http404
        if not self.has_change_permission(request, product):
            raise PermissionDenied
        page = reverse("admin:catalog_product_change", args=[product.pk]) + "#pictures"
        if request.method != "POST":
            return redirect(page)
        choices = variant_choices(product)
        problems = _arrange(product, request.POST, choices, request.user)
        added, refused = take_files(product, request.FILES.getlist("files"), request.user)
        problems += refused
        if request.accepts("text/html"):
            tell(request, len(added), problems)
            return redirect(page)
        number = product.images.count() - len(added)
        items = [
            render_to_string(
                "admin/catalog/product/_picture.html",
                {"picture": _shown(image, choices), "number": place, "may_change": True},
            )
            for place, image in enumerate(added, number + 1)
        ]
        return JsonResponse({"added": items, "problems": problems})


@transaction.atomic
def _arrange(
    product: Product, sent: QueryDict, choices: VariantChoices, user: Person | None
) -> list[str]:
    """Save order, texts and removals as they were sent; returns what is wrong with them."""
    lock_products([product.pk])
    images = {image.pk: image for image in product.images.all()}
    order = [pk for pk in map(parse_uuid, sent.getlist("picture")) if pk]
    removed = [pk for pk in map(parse_uuid, sent.getlist("remove")) if pk]
    forms_of = {
        pk: PictureForm(sent, prefix=str(pk), choices=choices)
        for pk in order
        if pk in images and pk not in removed
    }
    problems = [
        f"Picture {order.index(pk) + 1}: {problem}"
        for pk, form in forms_of.items()
        for problem in form.problems(images[pk])
    ]
    if problems:
        return problems
    for name, step in (("up", -1), ("down", 1)):
        moved = parse_uuid(sent.get(name, ""))
        if moved in order:
            place = order.index(moved)
            order.insert(max(0, place + step), order.pop(place))
    described = {pk: form.described() for pk, form in forms_of.items()}
    arrange_pictures(product.pk, order=order, described=described, removed=removed, user=user)
    return []
