"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")
os.environ.setdefault("DATABASE_WEB_TIMEOUTS", "1")

application = get_wsgi_application()
