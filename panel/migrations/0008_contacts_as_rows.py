from django.db import migrations
from django.utils import timezone

AT_MOST = 10


def rows(apps, schema_editor):
    """The first ten of each organization. Members who have signed in have shown that the address is theirs; the others
    are asked by the clock's next round."""
    Organization = apps.get_model('panel', 'Organization')
    Membership = apps.get_model('panel', 'Membership')
    Contact = apps.get_model('panel', 'Contact')
    now = timezone.now()
    for organization in Organization.objects.exclude(contacts=[]).order_by('pk').iterator(chunk_size=500):
        members = Membership.objects.filter(organization=organization).exclude(user__last_login=None)
        known = set(members.values_list('user__email', flat=True))
        for email in organization.contacts[:AT_MOST]:
            Contact.objects.get_or_create(
                organization=organization,
                email=email[:254],
                defaults={'confirmed_at': now if email in known else None},
            )


def lists(apps, schema_editor):
    Organization = apps.get_model('panel', 'Organization')
    Contact = apps.get_model('panel', 'Contact')
    for pk in Contact.objects.order_by().values_list('organization', flat=True).distinct():
        emails = list(Contact.objects.filter(organization=pk).order_by('pk').values_list('email', flat=True))
        Organization.objects.filter(pk=pk).update(contacts=emails)


class Migration(migrations.Migration):

    dependencies = [
        ('panel', '0007_contacts'),
    ]

    operations = [
        migrations.RunPython(rows, lists),
    ]
