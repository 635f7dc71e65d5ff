package people

import (
	"context"
	"embed"

	"homefront/models"
	"homefront/services"
)

//go:embed consent_templates/*.md
var consentTexts embed.FS

// ConsentTemplate is a starter text: the body of a new document, to be read by a lawyer before it is published.
type ConsentTemplate struct {
	CreateConsentDocument
	Note string `json:"note" doc:"What to do before it is published"`
}

const templateNote = "A starter text in neutral words, and no legal advice. Have a lawyer of your state read it before you publish it."

var consentTemplates = []CreateConsentDocument{
	{Kind: models.ConsentPrivacyNotice, Title: "Privacy notice", RequiredOf: []models.ConsentGroup{models.AskEveryone}, Assent: true},
	{Kind: models.ConsentCodeOfConduct, Title: "Code of conduct", RequiredOf: []models.ConsentGroup{models.AskEveryone}, Assent: true},
	{Kind: models.ConsentConfidentiality, Title: "Limits of confidentiality in coaching", RequiredOf: []models.ConsentGroup{}},
	{Kind: models.ConsentLiabilityWaiver, Title: "Participation and release", RequiredOf: []models.ConsentGroup{models.AskMembers}, ExpiresMonths: ptrTo(12)},
	{Kind: models.ConsentPhotoRelease, Title: "Photo and video release", RequiredOf: []models.ConsentGroup{models.AskMembers}, Optional: true},
	{Kind: models.ConsentTeenAccount, Title: "Account for a young person", RequiredOf: []models.ConsentGroup{models.AskMinors}, Optional: true},
}

// ConsentTemplates answers the starter texts. Nothing is stored: to use one, create a document with it.
func (s *Service) ConsentTemplates(_ context.Context) (*services.Page[ConsentTemplate], error) {
	page := &services.Page[ConsentTemplate]{Data: []ConsentTemplate{}}
	for _, d := range consentTemplates {
		body, err := consentTexts.ReadFile("consent_templates/" + string(d.Kind) + ".md")
		if err != nil {
			return nil, err
		}
		var v models.ConsentVersion
		var p problems
		p.tidyText(&v, string(body))
		d.Body, d.Language = v.Body, v.Language
		page.Data = append(page.Data, ConsentTemplate{CreateConsentDocument: d, Note: templateNote})
	}
	return page, nil
}
