"""Every address of the organization room: one's own account, bodies, people, application systems."""

from __future__ import annotations

from django.urls import path

from jiangyuan.organization import (
    account_pages,
    body_pages,
    line_pages,
    oidc_pages,
    people_pages,
    place_pages,
    session_pages,
    system_pages,
)

urlpatterns = [
    path("login/", account_pages.login_page, name="login"),
    path("login/provider/", oidc_pages.begin_page, name="login_provider"),
    path("login/provider/back/", oidc_pages.back_page, name="login_provider_back"),
    path("logout/", account_pages.logout_page, name="logout"),
    path("act-for/", account_pages.act_for_page, name="act_for"),
    path("account/", account_pages.account_page, name="account"),
    path("account/totp/", account_pages.totp_page, name="account_totp"),
    path("account/password/", account_pages.password_page, name="account_password"),
    path("account/sessions/", session_pages.sessions_page, name="account_sessions"),
    path("account/sessions/end-others/", session_pages.end_others_page, name="account_end_others"),
    path("account/sessions/<uuid:pk>/end/", session_pages.end_page, name="account_session_end"),
    path("account/history/", session_pages.history_page, name="account_history"),
    path("account/recovery/", session_pages.recovery_page, name="account_recovery"),
    path("organization/sessions/<uuid:pk>/end/", session_pages.end_of_person_page, name="session_end"),
    path("account/tokens/new/", account_pages.token_page, name="account_token"),
    path("account/tokens/<uuid:pk>/revoke/", account_pages.revoke_token_page, name="account_token_revoke"),
    path("organization/bodies/", body_pages.bodies_page, name="bodies"),
    path("organization/bodies/new/", body_pages.new_body_page, name="body_new"),
    path("organization/bodies/<uuid:pk>/", body_pages.body_page, name="body"),
    path("organization/lines/", line_pages.lines_page, name="lines"),
    path("organization/lines/<uuid:pk>/", line_pages.line_page, name="line"),
    path("organization/lines/<uuid:pk>/join/", line_pages.join_page, name="line_join"),
    path("organization/lines/<uuid:pk>/leave/", line_pages.leave_page, name="line_leave"),
    path("organization/places/", place_pages.places_page, name="places"),
    path("organization/places/<str:code>/", place_pages.place_page, name="place"),
    path("organization/people/", people_pages.people_page, name="people"),
    path("organization/people/new/", people_pages.new_person_page, name="person_new"),
    path("organization/people/<uuid:pk>/", people_pages.person_page, name="person"),
    path("organization/people/<uuid:pk>/replace/", people_pages.reset_password_page, name="password_reset"),
    path("organization/people/<uuid:pk>/<slug:verb>/", people_pages.person_step_page, name="person_step"),
    path(
        "organization/appointments/<uuid:pk>/<slug:verb>/", people_pages.appointment_step_page, name="appointment_step"
    ),
    path("organization/systems/", system_pages.systems_page, name="systems"),
    path("organization/systems/new/", system_pages.new_system_page, name="system_new"),
    path("organization/systems/<uuid:pk>/", system_pages.system_page, name="system"),
    path("organization/systems/<uuid:pk>/issue/", system_pages.issue_key_page, name="key_issue"),
    path("organization/keys/<uuid:pk>/revoke/", system_pages.revoke_key_page, name="key_revoke"),
]
