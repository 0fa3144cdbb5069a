"""A year of plausible orders."""

import random
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from catalog.models import Variant
from checkout.demo.rows import Rows, add, cancel, give_back, new_order, pay, send
from orders.models import Customer, Discount, OrderSettings, ShippingMethod
from orders.services.placing import Address
from orders.services.pricing import amount_off, rate_for
from orders.totals import compute_totals
from tenants.models import Tenant

_SEED = 20_250_315
_A_YEAR = 140
_NAMES = (
    "Ada Moreno", "Ben Fischer", "Chiara Rossi", "Dmitri Volkov", "Elif Kaya", "Femi Adeyemi",
    "Grace Kim", "Hugo Martin", "Ines Santos", "Jonas Weber", "Keiko Tanaka", "Liam Murphy",
    "Mina Patel", "Noah Cohen", "Olga Nowak", "Pedro Alvarez", "Quinn Taylor", "Rania Haddad",
    "Sven Larsson", "Tara Singh", "Uma Reddy", "Victor Dubois", "Wendy Clark", "Yusuf Demir",
)  # fmt: skip
_PLACES = {
    "tech": (
        Address("742 Evergreen Terrace", "Portland", "US", "US", state="OR", postal_code="97201"),
        Address("18 Harbor View Rd", "Seattle", "US", "US", state="WA", postal_code="98101"),
        Address("55 Sunset Blvd", "Los Angeles", "US", "US", state="CA", postal_code="90028"),
        Address("9 Maple Ave", "Albany", "US", "US", state="NY", postal_code="12207"),
        Address("301 Lakeshore Dr", "Chicago", "US", "US", state="IL", postal_code="60611"),
        Address("77 Beacon St", "Boston", "US", "US", state="MA", postal_code="02108"),
    ),
    "outdoor": (
        Address("Lindenstr. 12", "Berlin", "DE", "DE", postal_code="10969"),
        Address("Am Stadtgarten 4", "Freiburg", "DE", "DE", postal_code="79098"),
        Address("Mariahilfer Str. 31", "Wien", "AT", "AT", postal_code="1060"),
        Address("8 rue des Alpes", "Annecy", "FR", "FR", postal_code="74000"),
        Address("1220 Pearl St", "Boulder", "US", "US", state="CO", postal_code="80302"),
    ),
}


def a_year(tenant: Tenant, rows: Rows) -> None:
    """Orders over the last year, more of them lately: most sent, a few waiting or cancelled."""
    dice = random.Random(_SEED + len(tenant.slug))  # noqa: S311 - plausible, not secret
    variants = list(
        Variant.objects.select_related("product").filter(product__status="active").order_by("sku")
    )
    homes = {
        Customer(name=name, email=f"{name.lower().replace(' ', '.')}@example.com"): dice.choice(
            _PLACES[tenant.slug]
        )
        for name in _NAMES
    }
    customers = Customer.objects.bulk_create(homes)
    now = timezone.now().replace(microsecond=0)
    methods = {method.code: method for method in ShippingMethod.objects.all()}
    welcome = Discount.objects.get(code="WELCOME10")
    include = OrderSettings.objects.get().prices_include_tax
    for number in range(_A_YEAR):
        age = timedelta(days=365 * (1 - number / _A_YEAR) ** 1.5, minutes=dice.randrange(600))
        customer = dice.choice(customers)
        address = homes[customer]
        basket = dice.sample(variants, dice.choice((1, 1, 1, 2, 2, 3)))
        wanted = [(variant, dice.choice((1, 1, 1, 2))) for variant in basket]
        method = methods["express" if dice.random() < 0.2 else "standard"]
        goods = sum((variant.price * units for variant, units in wanted), Decimal(0))
        code = welcome if dice.random() < 0.15 else None
        off = amount_off(code, goods, tenant.currency) if code else Decimal(0)
        rate = rate_for(address.code, address.state)
        totals = compute_totals(
            [(variant.price, units) for variant, units in wanted],
            currency=tenant.currency,
            shipping=method.price_for(goods - off),
            discount=off,
            rate=rate,
            prices_include_tax=include,
        )
        placed_at = now - age - timedelta(hours=2)
        is_paid = dice.random() >= 0.06
        order = new_order(
            tenant,
            customer,
            address,
            totals,
            placed_at,
            shipping_method=method.code,
            shipping_name=method.name,
            prices_include_tax=include,
            discount_code=code.code if code else "",
            # Who never paid gave the use of the code back.
            used_discount=code if is_paid else None,
        )
        add(rows, order, wanted, totals, rate)
        if not is_paid:
            cancel(rows, order, placed_at + timedelta(minutes=35))
            continue
        welcome.used_count += code is not None
        pay(rows, order, placed_at + timedelta(minutes=3))
        if age > timedelta(days=3):
            sent_at = placed_at + timedelta(hours=dice.randrange(4, 48))
            send(rows, order, sent_at, "UPS", f"1Z{dice.randrange(10**15):015}")
            if age > timedelta(days=7) and dice.random() < 0.06:
                give_back(rows, order, sent_at + timedelta(days=2))
    welcome.save(update_fields=["used_count"])
