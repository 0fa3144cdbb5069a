"""The rows behind a back office's lists: many in a shop, many of the platform.

`{count}` is how many there are of what grows; one thing of each kind is as large as they come.
"""

from django.db import connection, transaction
from django.db.models import Model
from django_tenants.utils import tenant_context

from catalog.demo.scale import shop_of
from catalog.models import Category, ImportRun, Product, Variant
from orders.models import Customer, Discount, DiscountBatch, Order
from tenants.models import Tenant
from tenants.shop.models import ListExport, WebhookEndpoint

# Of a kind of rows, the name in `md5` of the one that is as large as they come.
LARGEST: dict[type[Model], str] = {
    Category: "category1",
    Product: "product5",
    Variant: "variant5-1",
    ImportRun: "import1",
    Order: "order1",
    Customer: "customer1",
    Discount: "discount1",
    DiscountBatch: "batch1",
    ListExport: "export1",
    WebhookEndpoint: "endpoint1",
}
_ADDRESS = """jsonb_build_object('line1', '456 Park Ave', 'line2', '', 'city', 'Metropolis',
    'state', 'NY', 'postal_code', '10002', 'country', 'USA')"""
# A tenth of all orders is the first customer's; those of the last weeks are not all dealt with.
_SALES = f"""
INSERT INTO orders_discountbatch (id, name, created_at)
SELECT md5('batch' || n)::uuid, 'Letter ' || n, now() - n * interval '1 hour'
FROM generate_series(1, 10 + {{count}} / 100) n;
INSERT INTO orders_discount
    (id, code, kind, value, minimum, used_count, active, batch_id, created_at)
SELECT md5('discount' || n)::uuid, 'CODE-' || upper(substr(md5('code' || n), 1, 8)) || n,
       'percent', 10, 0, CASE WHEN n = 1 THEN {{count}} ELSE 0 END, n % 9 > 0,
       CASE WHEN n > 1 THEN md5('batch1')::uuid END, now() - n * interval '1 minute'
FROM generate_series(1, {{count}}) n;
INSERT INTO orders_customer (id, email, name, phone, created_at, updated_at)
SELECT md5('customer' || n)::uuid, 'c' || n || '@example.com', 'Customer ' || n, '',
       now() - n * interval '1 minute', now()
FROM generate_series(1, {{count}}) n;
INSERT INTO orders_customeraddress (id, customer_id, address, country_code, last_used_at)
SELECT md5('address' || n)::uuid, md5('customer' || n)::uuid, {_ADDRESS}, 'US', now()
FROM generate_series(1, {{count}}) n;
INSERT INTO orders_order
    (id, number, access_token, status, payment_status, units, cancel_reason, cancel_key, expired,
     keep_until_paid, customer_id, customer_name, customer_email, customer_phone, shipping_address,
     billing_address, country_code, notes, language, origin, shipping_method, shipping_name,
     payment_method, discount_code, used_discount_id, currency, prices_include_tax, items_total,
     discount_total, shipping_total, shipping_net, tax_name, tax_percent, tax_total, subtotal,
     total, captured, refunded, created_at, updated_at)
SELECT md5('order' || n)::uuid, 'B-' || n, md5('token' || n), state, payment, units, '', '', false,
       false, md5('customer' || buyer)::uuid, 'Customer ' || buyer, 'c' || buyer || '@example.com',
       '', {_ADDRESS}, {_ADDRESS}, 'US', '', 'en', '', 'standard', 'Standard', 'credit_card',
       'CODE-1', md5('discount1')::uuid, 'USD', false, 60, 0, 5, 5, '', 0, 0, 60, 65,
       CASE WHEN payment = 'unpaid' THEN 0 ELSE 65 END, 0,
       now() - n * interval '180 days' / {{count}}, now()
FROM generate_series(1, {{count}}) n,
     LATERAL (SELECT CASE WHEN n % 10 = 0 THEN 1 ELSE n END AS buyer,
                     CASE n % 25 WHEN 2 THEN 'pending' WHEN 3 THEN 'cancelled'
                                 WHEN 4 THEN 'processing' WHEN 5 THEN 'processing'
                                 ELSE 'completed' END AS state,
                     CASE n % 25 WHEN 2 THEN 'unpaid' WHEN 3 THEN 'unpaid' WHEN 4 THEN 'review'
                                 ELSE 'paid' END AS payment,
                     CASE n % 25 WHEN 2 THEN 'held' WHEN 3 THEN 'released'
                                 ELSE 'sold' END AS units) chosen;
INSERT INTO orders_lineitem
    (id, order_id, position, variant_id, product_id, name, sku, options, quantity, unit_price,
     total_price, discount, tax, tax_percent, fulfilled, refunded, restocked)
SELECT md5('line' || n || '-' || p)::uuid, md5('order' || n)::uuid, p, NULL,
       md5('product' || product)::uuid, 'Product ' || product, 'SKU-' || product || '-1',
       '{{{{}}}}', 2, 10, 20, 0, 0, 0, CASE WHEN n % 25 IN (2, 3, 4, 5) THEN 0 ELSE 2 END, 0, 0
FROM generate_series(1, {{count}}) n,
     generate_series(1, CASE WHEN n = 1 THEN 500 ELSE 3 END) p,
     LATERAL (SELECT 1 + (n * 7 + p * 31) % {{count}} AS product) found;
INSERT INTO orders_orderevent (id, order_id, kind, text, user_name, created_at)
SELECT md5('event' || n || '-' || p)::uuid, md5('order' || n)::uuid, 'note', 'Note ' || p, 'Ann',
       now() - p * interval '1 minute'
FROM generate_series(1, {{count}}) n,
     generate_series(1, CASE WHEN n = 1 THEN 2000 ELSE 3 END) p;
INSERT INTO orders_ledgerentry
    (id, order_id, kind, amount, currency, provider, provider_id, is_surplus, created_at)
SELECT md5('ledger' || n)::uuid, md5('order' || n)::uuid, 'charge', 65, 'USD', 'manual',
       'paid-' || n, false, now()
FROM generate_series(1, {{count}}) n WHERE n % 25 NOT IN (2, 3);
"""
# Every product is in the first category too; the fifth has 100 variants and 50 pictures, and the
# first variant of it every movement of stock.
_GOODS = """
INSERT INTO catalog_category
    (id, name, slug, description, parent_id, position, seo_title, seo_description,
     created_at, updated_at)
SELECT md5('category' || n)::uuid, 'Category ' || n, 'category-' || n, '',
       md5('category' || 1 + n % 8)::uuid, n, '', '', now(), now()
FROM generate_series(169, 1000) n WHERE {count} > 1000;
INSERT INTO catalog_product_categories (product_id, category_id)
SELECT id, md5('category1')::uuid FROM catalog_product ON CONFLICT DO NOTHING;
UPDATE catalog_product SET category_ids = category_ids || md5('category1')::uuid
WHERE NOT category_ids @> ARRAY[md5('category1')::uuid];
INSERT INTO catalog_variant
    (id, product_id, sku, sku_is_generated, position, option_values, price, on_hand, held,
     barcode, source_fields, created_at, updated_at)
SELECT md5('variant5-' || p)::uuid, md5('product5')::uuid, 'SKU-5-' || p, false, p,
       ARRAY['Size ' || p], 5, 7, 0, '', '{{}}', now(), now()
FROM generate_series(4, 100) p;
INSERT INTO catalog_productimage
    (id, product_id, file, width, height, widths, source_url, alt, position)
SELECT md5('image5-' || p)::uuid, product_id, file, width, height, widths, source_url, alt, p
FROM catalog_productimage, generate_series(2, 50) p WHERE id = md5('image5')::uuid;
INSERT INTO catalog_stockmovement
    (id, variant_id, kind, quantity, reason, source, user_name, created_at)
SELECT md5('movement' || n)::uuid, md5('variant5-1')::uuid, 'sale', -1, '', 'sale ' || n, '',
       now() - n * interval '1 minute'
FROM generate_series(1, {count}) n;
INSERT INTO catalog_productpastslug (slug, product_id)
SELECT 'once-' || n, md5('product' || n)::uuid FROM generate_series(1, {count}) n;
INSERT INTO catalog_textpage (id, title, slug, body, is_published, position, updated_at)
SELECT md5('page' || n)::uuid, 'Page ' || n, 'page-' || n, 'Text', true, n, now()
FROM generate_series(1, 50) n;
"""
# The first import changed and named a picture of everything, and found as many errors.
_OTHERS = """
INSERT INTO catalog_importrun
    (id, state, file_name, size, format, columns, unknown_columns, read_as, samples, mapping,
     fetches_pictures, total, done, preview, report, made_categories, is_to_stop, problem,
     has_file, user_name, created_at, updated_at, finished_at)
SELECT md5('import' || n)::uuid, CASE WHEN n % 9 = 8 THEN 'failed' ELSE 'done' END,
       'products-' || n || '.csv', 1000, 'shopify', '[]', '[]', '', '[]', '{{}}', true, 1, 1,
       '{{}}', '{{}}', '[]', false, '', true, 'Ann', now() - n * interval '1 minute', now(), now()
FROM generate_series(1, {count} / 100 + 20) n;
INSERT INTO catalog_importedchange (id, run_id, product_id, before, created_at)
SELECT md5('change' || n)::uuid, md5('import1')::uuid, md5('product' || n)::uuid, '{{}}', now()
FROM generate_series(1, {count}) n;
INSERT INTO catalog_picturefetch
    (id, run_id, url, host, state, tries, next_try_at, problem)
SELECT md5('fetch' || n)::uuid, md5('import1')::uuid, 'https://images.example/' || n || '.jpg',
       'images.example', CASE WHEN n % 2 = 0 THEN 'failed' ELSE 'fetched' END, 1, now(),
       CASE WHEN n % 2 = 0 THEN 'It is not there.' ELSE '' END
FROM generate_series(1, {count}) n;
INSERT INTO shop_audit_entry
    (id, created_at, user_name, action, object_type, object_id, object_name, changes)
SELECT md5('entry' || n)::uuid, now() - n * interval '1 minute', 'ann@example.com',
       CASE WHEN n % 50 = 1 THEN 'delete' ELSE 'change' END,
       CASE WHEN n % 2 = 1 THEN 'product' ELSE 'variant' END, md5('product' || n)::uuid::text,
       'Product ' || n, '{{"name": ["a", "b"]}}'
FROM generate_series(1, {count}) n;
INSERT INTO shop_list_export
    (id, state, kind, form, query, file_name, attempt, total, done, size, problem, user_id,
     user_name, created_at, updated_at)
SELECT md5('export' || n)::uuid, 'gone', 'orders.order', 'csv', '', 'orders-' || n || '.csv', 1,
       1, 1, 1, '', md5('user1')::uuid, 'Ann', now() - n * interval '1 minute', now()
FROM generate_series(1, {count} / 100 + 20) n;
INSERT INTO shop_webhook_endpoint (id, address, events, is_active, secret_number, created_at)
SELECT md5('endpoint' || n)::uuid, 'https://erp.example.com/' || n, '{{order.created}}', true, 1,
       now()
FROM generate_series(1, 20) n;
INSERT INTO shop_webhook_event (id, type, subject, body, created_at)
SELECT md5('webhook' || n)::uuid, 'order.created', '{{}}', '{{}}', now() - n * interval '1 minute'
FROM generate_series(1, {count}) n;
INSERT INTO shop_webhook_delivery
    (id, event_id, endpoint_id, created_at, attempts, succeeded, status, response, problem)
SELECT md5('delivery' || n)::uuid, md5('webhook' || n)::uuid, md5('endpoint1')::uuid,
       now() - n * interval '1 minute', 1, true, 200, 'ok', ''
FROM generate_series(1, {count}) n;
INSERT INTO orders_outboxmessage
    (id, topic, dedupe_key, payload, created_at, next_try_at, attempts, sent_at, problem)
SELECT md5('message' || n)::uuid, 'mail.order_confirmed', 'message ' || n, '{{}}', now(), now(), 1,
       now(), ''
FROM generate_series(1, {count}) n;
INSERT INTO orders_taxrate (id, name, country, state, percent, on_shipping)
SELECT md5('tax' || n)::uuid, 'Tax ' || n, 'US', 'State ' || n, 5, true
FROM generate_series(1, 60) n;
INSERT INTO orders_shippingmethod
    (id, code, name, description, price, countries, position, active)
SELECT md5('method' || n)::uuid, 'method-' || n, 'Method ' || n, '', 5, '{{}}', n, true
FROM generate_series(1, 20) n;
INSERT INTO public.tenants_apikey (id, tenant_id, name, scopes, created_at, created_by_name,
                                   revoked_at)
SELECT md5('key' || n || '{tenant}')::uuid, '{tenant}', 'Key ' || n, '{{orders:read}}',
       now() - n * interval '1 minute', 'Ann', CASE WHEN n > 9 THEN now() END
FROM generate_series(1, {count}) n;
"""
_PUBLIC = """
INSERT INTO tenants_user (password, id, email, name, is_active, is_superuser, token_epoch,
                          created_at)
SELECT '!', md5('user{part}' || n)::uuid, 'u{part}-' || n || '@example.com', 'User ' || n, true,
       false, 0, now()
FROM generate_series(1, {count}) n;
INSERT INTO tenants_tenant
    (schema_name, id, name, slug, active, closed_reason, currency, language, time_zone, tagline,
     primary_color, accent_color, radius, density, type_scale, logo, logo_alt, stripe_account,
     second_factor_required, is_listed, has_products, created_at, updated_at)
SELECT 't_{part}_' || n, md5('tenant{part}' || n)::uuid, 'Shop ' || n, 'listed{part}-' || n,
       n % 20 > 0, '', 'USD', 'en', 'UTC', '', '#1d4ed8', '#b45309', 'large', 'comfortable',
       'plain', '', '', '', false, n % 2 > 0, n % 3 > 0, now() - n * interval '1 minute', now()
FROM generate_series(1, {shops}) n;
INSERT INTO tenants_domain
    (domain, tenant_id, is_primary, challenge, is_vouched, proven_at, created_at, seen)
SELECT 'listed{part}-' || n || '.example.com', md5('tenant{part}' || n)::uuid, true, 'a', false,
       now(), now(), ''
FROM generate_series(1, {shops}) n;
INSERT INTO tenants_membership (id, user_id, tenant_id, role, created_at)
SELECT md5('member{part}' || n)::uuid, md5('user{part}' || n)::uuid,
       md5('tenant{part}' || 1 + n % {shops})::uuid,
       CASE WHEN n % 3 = 0 THEN 'owner' ELSE 'viewer' END, now()
FROM generate_series(1, {shops} * 3) n;
INSERT INTO tenants_shopfigures
    (tenant_id, size, products, orders, failing_messages, failing_payments, failing_refunds,
     gathered_at)
SELECT md5('tenant{part}' || n)::uuid, n * 1000, n, n, 0, 0, 0, now()
FROM generate_series(1, {shops}) n;
INSERT INTO tenants_shopdeletion
    (tenant_id, asked_at, asked_by_name, by_platform, was_active, delete_after, problem)
SELECT md5('tenant{part}' || n)::uuid, now(), 'Ann', false, true, now(), ''
FROM generate_series(20, {shops}, 40) n;
INSERT INTO tenants_shopexport
    (id, tenant_id, shop_name, shop_slug, asked_by_name, created_at, state, size, problem)
SELECT md5('export{part}' || n)::uuid, md5('tenant{part}' || 1 + n % {shops})::uuid,
       'Shop ' || 1 + n % {shops}, 'listed-' || 1 + n % {shops}, 'Ann',
       now() - n * interval '1 minute', CASE WHEN n % 9 = 1 THEN 'failed' ELSE 'gone' END, 1000, ''
FROM generate_series(1, {count}) n;
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
SELECT 'default', 'tenants.jobs.' || (ARRAY['mail_owner', 'send_webhooks', 'resize'])[1 + n % 3],
       jsonb_build_object('tenant_id', md5('tenant{part}' || 1 + n % {shops})::uuid),
       (CASE WHEN n % 2 = 0 THEN 'failed' ELSE 'todo' END)::procrastinate_job_status
FROM generate_series(1, {count}) n;
INSERT INTO tenants_failedjob (job_id, error, traceback, failed_at, given_up_at, given_up_by_name)
SELECT id, 'ValueError: no', 'Traceback', now(), CASE WHEN id % 4 = 0 THEN now() END, ''
FROM procrastinate_jobs WHERE status = 'failed' ON CONFLICT DO NOTHING;
INSERT INTO tenants_signup
    (id, email, password, name, slug, currency, language, time_zone, country, client_address,
     created_at, is_new_user)
SELECT md5('signup{part}' || n)::uuid, 's' || n || '@example.com', '', 'Shop', 'shop', 'USD', 'en',
       'UTC', 'US', '127.0.0.1', now(), false
FROM generate_series(1, {count}) n;
INSERT INTO django_admin_log
    (action_time, user_id, content_type_id, object_id, object_repr, action_flag, change_message)
SELECT now() - n * interval '1 minute', %s::uuid, t.id,
       md5('tenant{part}' || 1 + n % {shops})::uuid::text, 'Shop', 2, 'Changed.'
FROM generate_series(1, {count}) n, django_content_type t
WHERE t.app_label = 'tenants' AND t.model = 'tenant';
ANALYZE;
"""


def full_shop(count: int) -> Tenant:
    """The shop with so many rows behind each list that grows, made when it is not there yet."""
    shop = shop_of(count, slug=f"desk-{count}")
    with tenant_context(shop):
        if Order.objects.exists():
            return shop
        with transaction.atomic():
            _run(_SALES + _GOODS + _OTHERS, count=count, tenant=shop.pk)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = %s",
                [shop.schema_name],
            )
            tables = [name for (name,) in cursor.fetchall()]
            cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}, public.tenants_apikey")
    return shop


def fill_platform(count: int, staff_id: object) -> None:
    """So many more users, jobs, exports, sign-ups and log entries, and a shop for each hundred.

    Within the caller's transaction, which takes all of it back: other measurements use the same
    database.
    """
    _run(_PUBLIC.replace("%s", f"'{staff_id}'"), count=count, part=count, shops=count // 100 + 5)


def _run(statements: str, **values: object) -> None:
    with connection.cursor() as cursor:
        for statement in statements.format(**values).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
