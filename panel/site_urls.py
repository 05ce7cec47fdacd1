"""Addresses of the panel's own pages."""

from django.urls import path

from .views import acting, contacts, find, guide, invitations, language, logo, organizations, overview, people, services
from .views.staff import mail as staff_mail
from .views.staff import organizations as staff_organizations
from .views.staff import platforms as staff_platforms
from .views.staff import services as staff_services
from .views.staff import system as staff_system
from .views.staff import users as staff_users

app_name = "panel"

SERVICE = "services/<str:service_name>/"
ORGANIZATION = "organizations/<str:code>/"

urlpatterns = [
    path("", services.services, name="services"),
    path(SERVICE, services.service_information, name="service"),
    path(f"{SERVICE}settings/", services.service_settings, name="service_settings"),
    path(f"{SERVICE}activity/", services.service_activity, name="activity"),
    path("organizations/", organizations.organizations, name="organizations"),
    path(ORGANIZATION, organizations.organization, name="organization"),
    path(f"{ORGANIZATION}settings/", organizations.organization_settings, name="organization_settings"),
    path(f"{ORGANIZATION}activity/", organizations.organization_activity, name="organization_activity"),
    path(f"{ORGANIZATION}invite/", organizations.invite, name="invite"),
    path(
        f"{ORGANIZATION}invitations/<int:invitation_id>/withdraw/",
        organizations.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path(f"{ORGANIZATION}members/<int:membership_id>/", organizations.change_member, name="change_member"),
    path(f"{ORGANIZATION}members/<int:membership_id>/remove/", organizations.remove_member, name="remove_member"),
    path(f"{ORGANIZATION}leave/", organizations.leave, name="leave"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("contacts/<str:token>/confirm/", contacts.confirm, name="contact_confirm"),
    path("contacts/<str:token>/unsubscribe/", contacts.unsubscribe, name="contact_unsubscribe"),
    path("you/", people.yourself, name="yourself"),
    path("overview/", overview.overview, name="overview"),
    path("find/", find.find, name="find"),
    path("language/", language.language, name="language"),
    path("guide/", guide.guide, name="guides"),
    path("guide/<str:slug>/", guide.guide, name="guide"),
    path("logo", logo.logo, name="logo"),
    # The operator's own people
    path("staff/organizations/", staff_organizations.organizations, name="staff_organizations"),
    path("staff/organization-names/", staff_organizations.organization_names, name="staff_organization_names"),
    path("staff/new/organization/", staff_organizations.new_organization, name="staff_new_organization"),
    path("staff/organizations/<str:code>/", staff_organizations.organization, name="staff_organization"),
    path(
        "staff/organizations/<str:code>/state/",
        staff_organizations.organization_state,
        name="staff_organization_state",
    ),
    path(
        "staff/organizations/<str:code>/deletion/",
        staff_organizations.organization_deletion,
        name="staff_organization_deletion",
    ),
    path("staff/organizations/<str:code>/act/", acting.begin, name="acting_begin"),
    path("acting/why/", acting.say_why, name="acting_why"),
    path("acting/end/", acting.end, name="acting_end"),
    path("staff/platforms/", staff_platforms.platforms, name="staff_platforms"),
    path("staff/new/platform/", staff_platforms.new_platform, name="staff_new_platform"),
    path("staff/platforms/<str:platform_slug>/", staff_platforms.platform, name="staff_platform"),
    path("staff/new/service/", staff_services.new_service, name="staff_new_service"),
    path("staff/services/<str:service_name>/", staff_services.service, name="staff_service"),
    path("staff/services/<str:service_name>/state/", staff_services.service_state, name="staff_service_state"),
    path("staff/users/", staff_users.users, name="staff_users"),
    path("staff/new/user/", staff_users.new_staff, name="staff_new_user"),
    path("staff/users/<int:user_id>/", staff_users.user, name="staff_user"),
    path("staff/users/<int:user_id>/link/", staff_users.user_link, name="staff_user_link"),
    path(
        "staff/users/<int:user_id>/second-factor/remove/",
        staff_users.remove_second_factor,
        name="staff_remove_second_factor",
    ),
    path("staff/mail/", staff_mail.letters, name="staff_mail"),
    path("staff/mail/retry/", staff_mail.retry_all, name="staff_mail_retry_all"),
    path("staff/mail/<int:letter_id>/retry/", staff_mail.retry, name="staff_mail_retry"),
    path("staff/mail/<int:letter_id>/discard/", staff_mail.discard, name="staff_mail_discard"),
    path("staff/activity/", staff_system.activity, name="staff_activity"),
    path("staff/system/", staff_system.system, name="staff_system"),
]
