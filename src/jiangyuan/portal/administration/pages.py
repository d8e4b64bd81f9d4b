"""Every address of the administration."""

from __future__ import annotations

from django.urls import path

from jiangyuan.portal.administration import calendar_pages, desk_pages, platform_pages, policy_pages

urlpatterns = [
    path("administration/calendar/", calendar_pages.calendar_page, name="calendar"),
    path("administration/calendar/publish/", calendar_pages.publish_page, name="calendar_publish"),
    path("administration/health/", platform_pages.health_page, name="health"),
    path("administration/jobs/", platform_pages.jobs_page, name="jobs"),
    path("administration/jobs/<int:number>/retry/", platform_pages.retry_page, name="job_retry"),
    path("administration/keys/", platform_pages.keys_page, name="keys"),
    path("administration/settings/", platform_pages.settings_page, name="settings"),
    path("organization/capacities/", policy_pages.capacities_page, name="capacities"),
    path("security/desk/", desk_pages.security_page, name="security_desk"),
    path("security/audit/", desk_pages.audit_page, name="audit_desk"),
    path("security/holders/", policy_pages.holders_page, name="holders"),
    path("security/policies/", policy_pages.policies_page, name="policies"),
]
