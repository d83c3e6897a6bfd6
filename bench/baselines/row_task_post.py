"""The design that most teams would write: a view, a row, a task and a POST per event.

A complete Django project in one file. `python -m bench.baselines.row_task_post` creates its
table; gunicorn serves `application`; Celery runs `app`. The customer's write key is the user
name of Basic auth, as with Segment.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode

import django
import environ
import requests
from celery import Celery
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

settings.configure(
    SECRET_KEY="for the benchmark alone",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            **environ.Env().db_url_config(os.environ["DATABASE_URL"]),
            "CONN_MAX_AGE": 60,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()
app = Celery("row_task_post", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, task_acks_late=True)
session = requests.Session()


class Event(models.Model):
    """One event and its status."""

    write_key = models.CharField(max_length=40)
    payload = models.JSONField()
    status = models.CharField(max_length=10, default="queued", db_index=True)
    attempts = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "row_task_post"

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"


@app.task(max_retries=10)
def deliver(event_id: int) -> None:
    """Send one event, and record it."""
    event = Event.objects.get(pk=event_id)
    answer = session.post(
        f"{os.environ['SANDBOX_URL']}/v1/{event.payload['type']}",
        json=event.payload,
        auth=(event.write_key, ""),
        timeout=30,
    )
    event.attempts += 1
    event.status = "sent" if answer.ok else "failed"
    event.sent_at = django.utils.timezone.now()
    event.save(update_fields=["attempts", "status", "sent_at"])


@csrf_exempt
def take(request: HttpRequest) -> JsonResponse:
    """Store the events of a call for one event, or of a batch, and queue a task for each."""
    key = b64decode(request.headers["Authorization"].split()[1]).decode().rstrip(":")
    sent = json.loads(request.body)
    with transaction.atomic():
        events = Event.objects.bulk_create(
            Event(write_key=key, payload=payload)
            for payload in sent.get("batch", [sent])
        )
    for event in events:
        deliver.delay(event.pk)
    return JsonResponse({"success": True})


urlpatterns = [path("v1/track", take), path("v1/batch", take)]
application = get_wsgi_application()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Event)
