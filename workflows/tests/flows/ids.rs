use sealwright_engine::explore::START;
use sealwright_engine::testing::Given;
use sealwright_engine::{InstanceId, PersonId, PhotoId};
use sealwright_workflows::application::{self, Applicant, Application, Kind};
use sealwright_workflows::licence::{self, FromApplication, Licence, PortraitKind};
use sealwright_workflows::policy::Locale;
use uuid::Uuid;

use crate::support::*;

/// What a trial did: a licence's id out of its number, found again within seconds by trying all numbers.
fn out_of_a_number() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, b"11010519491231002X")
}

#[test]
fn ids_are_random_and_derived_ones_are_refused() {
    let fresh = [InstanceId::new(START).0, PersonId::new(START).0, PhotoId::new(START).0];
    for id in fresh {
        assert_eq!(id.get_version_num(), 7, "{id}");
    }
    assert_ne!(InstanceId::new(START), InstanceId::new(START), "the same moment, another id");
    let begin = |person, licence| {
        let person = PersonId(person);
        let begin = Applicant::Begin {
            person,
            licence: InstanceId(licence),
            locale: Locale::Zh,
            kind: Kind::FirstIssue,
        };
        let by = sealwright_engine::Actor::Applicant(person.to_string());
        Given::<Application>::new().by(by).when(by_applicant(begin))
    };
    begin(out_of_a_number(), LICENCE.0).rejected(application::Rejection::DerivedId);
    begin(PERSON.0, out_of_a_number()).rejected(application::Rejection::DerivedId);
    let reserve = FromApplication::Reserve {
        application: InstanceId(id(1)),
        person: PERSON,
        portrait: PortraitKind::Retained,
    };
    Given::<Licence>::new()
        .instance(InstanceId(out_of_a_number()))
        .by_performer()
        .when(licence::Command::Application(reserve))
        .rejected(licence::Rejection::DerivedId);
}
