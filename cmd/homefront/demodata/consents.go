package demodata

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// signing is when the first texts were in force.
const signing = 700

const clinician = `# Release to a helper outside

I agree that Harvesting Happiness for Heroes tells the helper named in my referral my name, how to reach me, and what I
asked for. Nothing else is passed on. I can take this back at any time; what was passed on by then stays passed on.
`

// consented is what people were asked to agree to, and what they said.
func (l *loader) consented() error {
	if err := l.publish(); err != nil {
		return err
	}
	for _, part := range []func() error{l.signs, l.guardiansSign, l.newConduct} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// publish puts the starter texts into force. Texts that an interrupted load published stand for ever: they are used again.
func (l *loader) publish() error {
	joyce := l.office["coordinator"]
	l.texts = map[models.ConsentKind]models.ConsentVersion{}
	if _, err := l.db.Exec(l.ctx, `update consent_document_versions set published_by = $1 where published_by is null and published_at is not null`, joyce.member); err != nil {
		return err
	}
	there, err := l.s.People.ConsentDocuments(l.at(l.now, joyce), people.ConsentDocumentFilter{PageQuery: services.PageQuery{Limit: 50}})
	if err != nil {
		return err
	}
	for _, d := range there.Data {
		versions, err := l.s.People.ConsentVersions(l.at(l.now, joyce), d.ID)
		if err != nil {
			return err
		}
		l.texts[d.Kind] = versions.Data[len(versions.Data)-1]
	}
	starters, err := l.s.People.ConsentTemplates(l.at(l.now, joyce))
	if err != nil {
		return err
	}
	texts := append(starters.Data, people.ConsentTemplate{CreateConsentDocument: people.CreateConsentDocument{Kind: models.ConsentClinicianRelease,
		Title: "Release to a helper outside", RequiredOf: []models.ConsentGroup{}, Body: clinician}})
	for i, t := range texts {
		if _, ok := l.texts[t.Kind]; ok {
			continue
		}
		at := l.ago(signing).Add(time.Duration(i) * 10 * time.Minute)
		d, err := l.s.People.CreateConsentDocument(l.at(at.Add(-30*time.Hour), joyce), t.CreateConsentDocument)
		if err != nil {
			return err
		}
		v, err := l.s.People.PublishConsentVersion(l.at(at, joyce), d.Draft.ID, people.PublishConsentVersion{})
		if err != nil {
			return err
		}
		l.texts[t.Kind] = *v
	}
	return nil
}

const browser = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"

// says is one answer, typed, about oneself or a child.
func (l *loader) says(p *person, at time.Time, kind models.ConsentKind, decision people.Answer, about *person) (uuid.UUID, error) {
	in := people.SignConsent{VersionID: l.texts[kind].ID, TextHash: l.texts[kind].TextHash, Decision: decision, NameTyped: p.name()}
	if about != nil {
		in.MemberID = &about.member
	}
	kept, err := l.s.People.Sign(l.at(at, p), in, browser)
	if err != nil {
		return uuid.Nil, fmt.Errorf("%s answers %s: %w", p.name(), kind, err)
	}
	return kept.ID, nil
}

// signs: a third of those with an account have answered; the others find what is asked of them at their next visit.
func (l *loader) signs() error {
	grown := append(l.signedUp(), l.ellery.people[0], l.ellery.people[1], l.folk["guardian"], l.folk["kept apart"], l.folk["protected"])
	for i, p := range grown {
		if i%3 > 0 && i < len(grown)-5 {
			continue
		}
		at := l.since(p).Add(time.Duration(2+i%70) * time.Hour)
		if first := l.ago(signing - 1); at.Before(first) {
			at = first.Add(time.Duration(i) * time.Minute)
		}
		if at.After(l.now) {
			continue
		}
		waiver := at
		if year := l.ago(330); waiver.Before(year) && i%4 != 0 { // some have to sign anew after a year
			waiver = year.Add(time.Duration(i) * time.Hour)
		}
		for _, a := range []struct {
			kind models.ConsentKind
			at   time.Time
		}{{models.ConsentPrivacyNotice, at}, {models.ConsentCodeOfConduct, at.Add(time.Minute)}, {models.ConsentLiabilityWaiver, waiver.Add(2 * time.Minute)}} {
			if _, err := l.says(p, a.at, a.kind, people.Grant, nil); err != nil {
				return err
			}
		}
		if err := l.pictures(i, p, at.Add(3*time.Minute)); err != nil {
			return err
		}
	}
	return l.onPaper()
}

// pictures of oneself: some agree, some do not, and a few took it back later.
func (l *loader) pictures(i int, p *person, at time.Time) error {
	spouse := p == l.ellery.people[1]
	if i%2 > 0 && !spouse {
		return nil
	}
	if i%5 == 0 && !spouse {
		_, err := l.says(p, at, models.ConsentPhotoRelease, people.Decline, nil)
		return err
	}
	id, err := l.says(p, at, models.ConsentPhotoRelease, people.Grant, nil)
	if err != nil || !spouse && i%24 != 18 {
		return err
	}
	_, err = l.s.People.RevokeOwnConsent(l.at(models.Later(at.Add(5*time.Hour), l.ago(30)), p), id)
	return err
}

// since is when somebody came to us.
func (l *loader) since(p *person) (t time.Time) {
	_ = l.db.QueryRow(l.ctx, `select created_at from members where id = $1`, p.member).Scan(&t)
	return t
}

// onPaper is what those without an account signed at the front desk, or said.
func (l *loader) onPaper() error {
	joyce, lorna, edith := l.office["coordinator"], l.folk["grandmother"], l.folk["widow"]
	v, witness := l.texts[models.ConsentLiabilityWaiver], "Bev Tillery"
	_, err := l.s.People.RecordConsent(l.at(l.ago(150), joyce), lorna.member, people.RecordConsent{VersionID: v.ID, TextHash: v.TextHash, Decision: people.Grant,
		Method: models.ConsentPaper, SignedOn: l.day(-151), Name: lorna.name()})
	if err != nil {
		return err
	}
	_, err = l.s.People.RecordConsent(l.at(l.ago(80), joyce), edith.member, people.RecordConsent{VersionID: v.ID, TextHash: v.TextHash, Decision: people.Grant,
		Method: models.ConsentVerbal, SignedOn: l.day(-80), WitnessName: &witness, ReadAloud: true})
	return err
}

// guardiansSign for children. About one photo release the two guardians differ; about another staff have decided.
func (l *loader) guardiansSign() error {
	mother, father, spouse := l.folk["guardian"], l.ellery.lead(), l.ellery.people[1]
	jonah, sadie := l.folk["teen"], l.folk["child of two homes"]
	signed := l.ago(60)
	if _, err := l.says(mother, signed, models.ConsentTeenAccount, people.Grant, jonah); err != nil {
		return err
	}
	if err := l.teenAccount(signed); err != nil {
		return err
	}
	if _, err := l.says(jonah, l.ago(58), models.ConsentPrivacyNotice, people.Grant, nil); err != nil {
		return err
	}
	for _, a := range []struct {
		by, about *person
		days      int
		kind      models.ConsentKind
		decision  people.Answer
	}{
		{mother, sadie, 57, models.ConsentLiabilityWaiver, people.Grant},
		{mother, sadie, 57, models.ConsentPhotoRelease, people.Grant},
		{father, l.ellery.people[2], 56, models.ConsentLiabilityWaiver, people.Grant},
		{father, l.ellery.people[3], 56, models.ConsentLiabilityWaiver, people.Grant},
		{spouse, l.ellery.people[3], 55, models.ConsentPhotoRelease, people.Decline},
		{father, sadie, 2, models.ConsentPhotoRelease, people.Decline},
	} {
		if _, err := l.says(a.by, l.ago(a.days), a.kind, a.decision, a.about); err != nil {
			return err
		}
	}
	id, err := l.says(father, l.ago(50), models.ConsentPhotoRelease, people.Grant, l.ellery.people[3])
	if err != nil {
		return err
	}
	_, err = l.s.People.DecideConsent(l.at(l.ago(48), l.office["coordinator"]), id, people.DecideConsent{Outcome: models.ConsentSetAside, Reason: "Talked with both: no pictures for now."})
	return err
}

// newConduct is a second text of the code of conduct: who signed the first is asked again, and some have answered.
func (l *loader) newConduct() error {
	first, carol := l.texts[models.ConsentCodeOfConduct], l.office["carol.esposito"]
	versions, err := l.s.People.ConsentVersions(l.at(l.now, carol), first.DocumentID)
	if err != nil {
		return err
	}
	v := &versions.Data[0]
	if v.Number == 1 {
		body := first.Body + "\n\n## Pictures and recordings\n\nNobody takes pictures or records others without asking each of them first.\n"
		if v, err = l.s.People.AddConsentVersion(l.at(l.ago(14), carol), first.DocumentID, people.NewConsentVersion{Body: body, Material: true}); err != nil {
			return err
		}
		if v, err = l.s.People.PublishConsentVersion(l.at(l.ago(12), carol), v.ID, people.PublishConsentVersion{}); err != nil {
			return err
		}
	}
	l.texts[models.ConsentCodeOfConduct] = *v
	for i, p := range l.signedUp() {
		at := l.ago(11).Add(time.Duration(i) * 2 * time.Hour)
		if i%9 != 4 || at.After(l.now) {
			continue
		}
		if _, err := l.says(p, models.Later(at, l.since(p).Add(time.Hour)), models.ConsentCodeOfConduct, people.Grant, nil); err != nil {
			return err
		}
	}
	return l.nightly("consent.settle", l.now.Add(-10*time.Hour)) // what was signed of the first text is superseded
}
