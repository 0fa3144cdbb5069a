"""What must be true of every shop at every moment, asked of its tables."""

from dataclasses import dataclass

from pycommerce.db import connection


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold, and for what."""

    rule: str
    thing: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.thing}"


# Each statement finds what breaks its rule; constraints guard some of them as well.
RULES: dict[str, str] = {
    "held units are on hand": """
        SELECT sku FROM catalog_variant WHERE NOT 0 <= held OR held > on_hand
    """,
    "on hand is the sum of all movements": """
        SELECT v.sku || ': ' || v.on_hand || ' on hand, moved ' || coalesce(sum(m.quantity), 0)
        FROM catalog_variant v LEFT JOIN catalog_stockmovement m ON m.variant_id = v.id
        GROUP BY v.id HAVING v.on_hand <> coalesce(sum(m.quantity), 0)
    """,
    "held is the sum of what orders hold": """
        SELECT v.sku || ': ' || v.held || ' held, orders hold ' || coalesce(h.units, 0)
        FROM catalog_variant v LEFT JOIN (
            SELECT l.variant_id, sum(l.quantity) AS units
            FROM orders_lineitem l JOIN orders_order o ON o.id = l.order_id
            WHERE o.units = 'held' GROUP BY l.variant_id
        ) AS h ON h.variant_id = v.id
        WHERE v.held <> coalesce(h.units, 0)
    """,
    "sold units are movements of their lines": """
        SELECT o.number || ' ' || l.sku FROM orders_lineitem l
        JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN catalog_stockmovement m
            ON m.variant_id = l.variant_id AND m.source = 'sale:' || l.id AND m.kind = 'sale'
        WHERE l.variant_id IS NOT NULL AND (o.units = 'sold') <> (m.id IS NOT NULL)
            OR m.quantity <> -l.quantity
    """,
    "a line's total is its price by its quantity": """
        SELECT o.number FROM orders_lineitem l JOIN orders_order o ON o.id = l.order_id
        WHERE l.total_price <> l.unit_price * l.quantity
    """,
    "an order's goods are the sum of its lines": """
        SELECT o.number FROM orders_order o LEFT JOIN orders_lineitem l ON l.order_id = o.id
        GROUP BY o.id HAVING o.items_total <> coalesce(sum(l.total_price), 0)
            OR o.discount_total <> coalesce(sum(l.discount), 0)
    """,
    "the parts of an order make its total": """
        SELECT number FROM orders_order
        WHERE total <> subtotal + tax_total + shipping_net
            OR total <> items_total - discount_total + shipping_total
                + CASE WHEN prices_include_tax THEN 0 ELSE tax_total END
    """,
    "every order has a number": """
        SELECT id::text FROM orders_order WHERE number IS NULL
    """,
    "numbers of orders follow each other up to the last one": """
        SELECT count(number) || ' orders from ' || min(n) || ' to ' || max(n) || ', the last is '
            || (SELECT last_order_number FROM shop_state)
        FROM (SELECT number, substring(number from '[0-9]+$')::bigint AS n FROM orders_order) AS o
        HAVING count(n) <> max(n) - min(n) + 1 OR count(n) <> count(DISTINCT n)
            OR max(n) <> (SELECT last_order_number FROM shop_state)
    """,
    "the platform knows the version of the catalogue": """
        SELECT 'version ' || s.catalogue_version || ', known as ' || coalesce(v.version, 1)
        FROM shop_state s LEFT JOIN public.tenants_catalogueversion v
            ON v.schema_name = current_schema()
        WHERE s.catalogue_version <> coalesce(v.version, 1)
    """,
    "an order's tax is that of its lines and of its shipping": """
        SELECT o.number FROM orders_order o JOIN orders_lineitem l ON l.order_id = o.id
        GROUP BY o.id HAVING CASE WHEN o.prices_include_tax
            THEN o.tax_total <> sum(l.tax) + o.shipping_total - o.shipping_net
            ELSE o.shipping_total <> o.shipping_net OR o.tax_total < sum(l.tax)
                OR o.shipping_total = 0 AND o.tax_total <> sum(l.tax) END
    """,
    "a pending order holds its units": """
        SELECT number FROM orders_order WHERE (status = 'pending') <> (units = 'held')
    """,
    "captured is what the ledger says": """
        SELECT o.number FROM orders_order o LEFT JOIN orders_ledgerentry e
            ON e.order_id = o.id AND e.kind = 'charge' AND NOT e.is_surplus
        GROUP BY o.id HAVING o.captured <> coalesce(sum(e.amount), 0)
    """,
    "an order has one charge that was not surplus": """
        SELECT o.number FROM orders_order o JOIN orders_ledgerentry e
            ON e.order_id = o.id AND e.kind = 'charge' AND NOT e.is_surplus
        GROUP BY o.id HAVING count(*) > 1
    """,
    "refunded is what the ledger says": """
        SELECT o.number FROM orders_order o LEFT JOIN orders_ledgerentry e
            ON e.order_id = o.id AND NOT e.is_surplus AND e.kind IN ('refund', 'refund_reversal')
        GROUP BY o.id HAVING o.refunded <> coalesce(
            sum(CASE WHEN e.kind = 'refund' THEN e.amount ELSE -e.amount END), 0)
    """,
    "nothing is refunded that was not captured": """
        SELECT number FROM orders_order WHERE refunded > captured OR refunded < 0
    """,
    "a refund that was given is in the ledger": """
        SELECT o.number FROM orders_refund r JOIN orders_order o ON o.id = r.order_id
        LEFT JOIN orders_ledgerentry e ON e.provider_id = r.provider_id AND e.kind = 'refund'
        WHERE r.state IN ('succeeded', 'pending') AND (e.id IS NULL OR e.amount <> r.amount)
    """,
    "a refund in the ledger is one that was given, or was booked back": """
        SELECT o.number FROM orders_ledgerentry e JOIN orders_order o ON o.id = e.order_id
        LEFT JOIN orders_refund r ON r.provider_id = e.provider_id AND r.order_id = e.order_id
        LEFT JOIN orders_ledgerentry b
            ON b.provider_id = e.provider_id AND b.kind = 'refund_reversal'
        WHERE e.kind = 'refund' AND (r.id IS NULL OR r.is_surplus <> e.is_surplus
            OR (r.state = 'failed') <> (b.id IS NOT NULL) OR b.amount <> e.amount)
    """,
    "of a payment no more goes back than came": """
        SELECT o.number FROM orders_refund r JOIN orders_order o ON o.id = r.order_id
        LEFT JOIN orders_ledgerentry e ON e.provider_id = r.charge_id AND e.kind = 'charge'
            AND e.order_id = r.order_id AND e.is_surplus = r.is_surplus
        WHERE r.state IN ('pending', 'succeeded')
        GROUP BY o.id, e.id HAVING e.id IS NULL OR sum(r.amount) > e.amount
    """,
    "what is sold was paid in its own currency": """
        SELECT o.number FROM orders_order o JOIN orders_ledgerentry e ON e.order_id = o.id
        WHERE e.kind = 'charge' AND NOT e.is_surplus AND e.currency <> o.currency
            AND o.units = 'sold'
    """,
    "refunded units are those of refunds that did not fail": """
        SELECT o.number || ' ' || l.sku FROM orders_lineitem l
        JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN (orders_refundline f JOIN orders_refund r ON r.id = f.refund_id
            AND r.state <> 'failed') ON f.line_item_id = l.id
        GROUP BY o.id, l.id HAVING l.refunded <> coalesce(sum(f.quantity), 0)
    """,
    "a surplus charge goes back": """
        SELECT o.number FROM orders_ledgerentry e JOIN orders_order o ON o.id = e.order_id
        WHERE e.kind = 'charge' AND e.is_surplus AND e.amount > 0 AND NOT EXISTS (
            SELECT FROM orders_refund r WHERE r.charge_id = e.provider_id AND r.is_surplus)
    """,
    "a paid order was paid in full, and its units are sold or its money went back": """
        SELECT number FROM orders_order
        WHERE payment_status IN ('paid', 'partially_refunded') AND captured <> total
            OR status IN ('processing', 'completed') AND (
                payment_status IN ('unpaid', 'processing') OR units <> 'sold')
            OR status = 'pending' AND payment_status NOT IN ('unpaid', 'processing', 'review')
    """,
    "a payment status is what the amounts say": """
        SELECT number FROM orders_order
        WHERE payment_status IN ('unpaid', 'processing') AND captured <> 0
            OR payment_status = 'paid' AND refunded <> 0
            OR payment_status = 'partially_refunded' AND (refunded = 0 OR refunded = captured)
            OR payment_status = 'refunded' AND refunded <> captured
    """,
    "a cancelled order holds nothing, and its money goes back": """
        SELECT number FROM orders_order o
        WHERE status = 'cancelled' AND (units = 'held' OR captured > refunded AND captured > (
            SELECT coalesce(sum(amount), 0) FROM orders_refund r
            WHERE r.order_id = o.id AND NOT r.is_surplus))
    """,
    "a completed order has nothing left to send": """
        SELECT o.number FROM orders_order o JOIN orders_lineitem l ON l.order_id = o.id
        WHERE o.status = 'completed'
            AND l.fulfilled + greatest(l.refunded, l.restocked) < l.quantity
    """,
    "what was sent is the sum of shipments": """
        SELECT o.number FROM orders_lineitem l JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN orders_fulfilmentline f ON f.line_item_id = l.id
        GROUP BY o.id, l.id HAVING l.fulfilled <> coalesce(sum(f.quantity), 0)
    """,
    "an order has one open attempt at most": """
        SELECT o.number FROM checkout_paymentattempt a JOIN orders_order o ON o.id = a.order_id
        WHERE a.state IN ('new', 'open') GROUP BY o.id HAVING count(*) > 1
    """,
    "no attempt is open for longer than a session can be": """
        SELECT coalesce(session_id, id::text) FROM checkout_paymentattempt
        WHERE state IN ('new', 'open') AND created_at < now() - interval '25 hours'
    """,
    "an order that waits to be paid has no attempt that is complete": """
        SELECT o.number FROM checkout_paymentattempt a JOIN orders_order o ON o.id = a.order_id
        WHERE a.state = 'complete' AND o.payment_status = 'unpaid' AND o.status = 'pending'
    """,
    "a cart that was bought is gone": """
        SELECT c.id::text FROM checkout_cart c JOIN orders_order o ON o.id = c.order_id
        WHERE o.status IN ('processing', 'completed')
    """,
    "an order was made from one cart at most": """
        SELECT o.number FROM checkout_cart c JOIN orders_order o ON o.id = c.order_id
        GROUP BY o.id HAVING count(*) > 1
    """,
    "units that came back are movements of their lines": """
        SELECT o.number || ' ' || l.sku FROM orders_lineitem l
        JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN catalog_stockmovement m ON m.variant_id = l.variant_id
            AND m.kind = 'return' AND m.source LIKE '%:' || l.id
        WHERE l.variant_id IS NOT NULL
        GROUP BY o.id, l.id HAVING l.restocked <> coalesce(sum(m.quantity), 0)
    """,
    "a sale or a return is of a line of an order": """
        SELECT m.source FROM catalog_stockmovement m
        LEFT JOIN orders_lineitem l
            ON l.id::text = right(m.source, 36) AND l.variant_id = m.variant_id
        WHERE m.kind IN ('sale', 'return') AND l.id IS NULL
    """,
    "a discount counts the orders that use it, within its limit": """
        SELECT code FROM orders_discount d
        WHERE used_count > usage_limit OR used_count <> (
            SELECT count(*) FROM orders_order o WHERE o.used_discount_id = d.id)
    """,
    "an order that nobody paid uses no discount": """
        SELECT number FROM orders_order
        WHERE status = 'cancelled' AND captured = 0 AND used_discount_id IS NOT NULL
    """,
    "a paid order is confirmed by mail": """
        SELECT o.number FROM orders_order o
        WHERE o.status IN ('processing', 'completed') AND NOT EXISTS (
            SELECT FROM orders_outboxmessage m
            WHERE m.dedupe_key = 'mail.order_confirmed:' || o.id || ':')
    """,
    "who cancelled, refunded or sent told the customer": """
        SELECT told.key FROM (
            SELECT 'mail.order_cancelled:' || id || ':' FROM orders_order
            WHERE status = 'cancelled' AND NOT expired
            UNION ALL
            SELECT 'mail.order_refunded:' || r.order_id || ':' || r.id FROM orders_refund r
            WHERE r.state IN ('pending', 'succeeded')
            UNION ALL
            SELECT 'mail.order_fulfilled:' || order_id || ':' || id FROM orders_fulfilment
        ) AS told (key)
        WHERE NOT EXISTS (SELECT FROM orders_outboxmessage m WHERE m.dedupe_key = told.key)
    """,
    "a message that was sent was tried": """
        SELECT dedupe_key FROM orders_outboxmessage WHERE sent_at IS NOT NULL AND attempts = 0
    """,
    "no message was given up": """
        SELECT dedupe_key FROM orders_outboxmessage WHERE sent_at IS NULL AND attempts >= 12
    """,
}


def violations() -> list[Violation]:
    """Everything in the selected shop that breaks a rule."""
    found = []
    with connection.cursor() as cursor:
        for rule, statement in RULES.items():
            cursor.execute(statement)
            found += [Violation(rule, str(thing)) for (thing,) in cursor.fetchall()]
    return found
