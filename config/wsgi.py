"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.memory import keep_inside, settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
keep_inside()
application = get_wsgi_application()
settle()
