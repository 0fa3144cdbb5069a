"""The first steps of a new shop, above its start page until they are done or dismissed."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, F, Q
from django.urls import reverse

from catalog.models import Product, ProductImage, Variant
from orders.models import Order, OrderSettings, ShippingMethod, TaxRate
from pycommerce.core.http import HttpRequest
from tenants.admin_sites import Part, tenant_site
from tenants.backends import rights_in
from tenants.models import ShopLook, Tenant
from tenants.roles import Right
from tenants.services.looking import end_first_steps
from tenants.shop.models import AuditEntry, ShopState

TEST_CARD = "4242 4242 4242 4242"
# Django's name of a thing in the history.
_METHOD, _LOOK, _SETTINGS = (
    str(model._meta.verbose_name) for model in (ShippingMethod, ShopLook, OrderSettings)
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a new shop needs: whether it is there, and the pages where it is done.

    `ways` are labels and addresses; the first is the usual one.
    """

    name: str
    text: str
    is_done: bool
    ways: tuple[tuple[str, str], ...] = ()


def steps_of(tenant: Tenant) -> list[Step]:
    """The steps of the selected shop, as they stand: one statement."""
    shipping = AuditEntry.objects.filter(object_type=_METHOD)
    found = (
        ShopState.objects.annotate(
            products=Exists(Product.objects.filter(status=Product.Status.ACTIVE)),
            stock=Exists(
                Variant.objects.filter(product__status=Product.Status.ACTIVE, on_hand__gt=F("held"))
            ),
            pictures=Exists(ProductImage.objects.all()),
            # One of the shop's own, or somebody looked at the first one and saved it.
            shipping=Exists(shipping) | Exists(ShippingMethod.objects.exclude(code="standard")),
            # There are rates, or somebody looked at the settings and saved them: none is charged.
            taxes=Exists(TaxRate.objects.all())
            | Exists(AuditEntry.objects.filter(object_type=_SETTINGS)),
            address=Exists(OrderSettings.objects.exclude(business_address="")),
            paid=Exists(Order.objects.exclude(Q(payment_status="unpaid"))),
            look=Exists(AuditEntry.objects.filter(object_type=_LOOK)),
        )
        .values("products", "stock", "pictures", "shipping", "taxes", "address", "paid", "look")
        .get()
    )
    return [
        Step(
            "Add a first product",
            "By hand, or all at once from the shop system you have now: its product export is read "
            "as it is.",
            found["products"],
            (
                ("Add a product", reverse("admin:catalog_product_add")),
                ("Import products", reverse("admin:catalog_importrun_changelist")),
            ),
        ),
        Step(
            "Have something in stock",
            "What has no units in stock is sold out, until you say how many there are. Some shop "
            "systems leave the number out of their exports.",
            found["stock"],
            (("Stock", reverse("admin:catalog_variant_changelist")),),
        ),
        Step(
            "Show it in a picture",
            "Open a product and drop pictures into it.",
            found["pictures"],
            (("Products", reverse("admin:catalog_product_changelist")),),
        ),
        Step(
            "Say what shipping costs",
            "“Standard” is free and goes everywhere so far. Change its price, or save it as it is.",
            found["shipping"],
            (("Shipping methods", reverse("admin:orders_shippingmethod_changelist")),),
        ),
        Step(
            "Say which taxes you charge",
            "Add a rate for each place where you charge one. If you charge none, save the order "
            "settings as they are.",
            found["taxes"],
            (
                ("Add a tax rate", reverse("admin:orders_taxrate_add")),
                ("Order settings", reverse("admin:orders_ordersettings_changelist")),
            ),
        ),
        Step(
            "Write your business address",
            "Invoices need the name and address of who sells, and your tax number if you have one.",
            found["address"],
            (
                (
                    "Business address",
                    f"{reverse('admin:orders_ordersettings_change', args=[1])}#id_business_address",
                ),
            ),
        ),
        _payment(tenant),
        Step(
            "Try an order",
            _how_to_try(found["stock"]),
            found["paid"],
            (("Open the shop", reverse("catalog:home")),),
        ),
        Step(
            "Make it look like yours",
            "A line below the name, a logo, two colours.",
            found["look"] or bool(tenant.tagline or tenant.logo),
            (("Shop look", reverse("admin:tenants_shoplook_changelist")),),
        ),
    ]


def _payment(tenant: Tenant) -> Step:
    if settings.STRIPE_SIMULATOR:
        text = "Test payments are on: customers see a payment page, and no money moves."
        return Step("Take payments", text, is_done=True)
    if not settings.STRIPE_SECRET_KEY:
        text = (
            "This platform takes no card payments yet: orders come in unpaid, and you record what "
            "was paid on their page. Whoever runs the platform connects it with Stripe."
        )
        return Step("Take payments", text, is_done=False)
    if tenant.stripe_account:
        text = f"Payments go to your Stripe account {tenant.stripe_account}."
        return Step("Take payments", text, is_done=True)
    text = (
        "Cards are taken, and the money goes to the platform's own Stripe account. An owner of the "
        "shop writes down the number of yours (acct_…) to be paid directly."
    )
    ways = (("Payment account", reverse("admin:tenants_paymentaccount_changelist")),)
    return Step("Take payments", text, is_done=False, ways=ways)


def _how_to_try(has_stock: bool) -> str:
    if not has_stock:
        return "As soon as there is a product in stock: buy it as a customer would."
    if settings.STRIPE_SIMULATOR:
        return (
            "Open the shop, put something into the cart and check out with the test card "
            f"{TEST_CARD}. The order then waits here to be fulfilled, and to be refunded."
        )
    return "Open the shop and buy something yourself; refund the order afterwards on its page."


def first_steps_part(request: HttpRequest) -> Part | None:
    """The list, for who may set the shop up. Once all is done it says so, and ends by itself."""
    tenant = request.tenant
    if tenant.first_steps_ended_at or Right.CHANGE_LOOK not in rights_in(request.user, tenant):
        return None
    steps = steps_of(tenant)
    done = sum(step.is_done for step in steps)
    shop = request.build_absolute_uri(reverse("catalog:home"))
    if done == len(steps):
        end_first_steps(tenant)
        return Part("admin/first_steps_done.html", {"shop": shop}, is_first=True)
    context = {
        "steps": steps,
        "done": done,
        "next": next(step for step in steps if not step.is_done),
        "shop": shop,
    }
    return Part("admin/first_steps.html", context, is_first=True)


tenant_site.parts.append(first_steps_part)
