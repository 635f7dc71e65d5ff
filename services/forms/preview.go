package forms

import (
	"context"

	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// PreviewForm is questions to be tried out, with answers where they are tried too.
type PreviewForm struct {
	Fields  models.FormFields `json:"fields" maxItems:"100" doc:"The questions, in their order"`
	Answers map[string]any    `json:"answers,omitempty" required:"false" doc:"By the key of the question; made up, never those of a person"`
}

// FormPreview is what the questions come to.
type FormPreview struct {
	Fields models.FormFields     `json:"fields" nullable:"false" maxItems:"100" doc:"The questions as they would be stored, with what is meant when nothing is said: sensitive, readers, retention"`
	Schema models.JSONSchema     `json:"schema" doc:"JSON Schema 2020-12 that answers would be held against"`
	Shown  []string              `json:"shown" nullable:"false" doc:"Keys of the questions that these answers show, in their order"`
	Errors []services.FieldError `json:"errors" nullable:"false" doc:"What these answers would be refused for; field is below /answers"`
}

// Preview tries questions out. It stores nothing. Errors: invalid, naming every rule that the questions break; what is wrong
// with the answers is no error, but the answer.
func (s *Service) Preview(ctx context.Context, in PreviewForm) (*FormPreview, error) {
	return services.Read(ctx, s.core, func(*gorm.DB) (*FormPreview, error) {
		fields := tidy(in.Fields)
		if err := refuse(append(check(fields, "/fields"), checkReaders(fields, "", "/fields")...)); err != nil {
			return nil, err
		}
		answers := models.Given(in.Answers)
		wrong, err := Validate(&models.FormVersion{Fields: fields}, answers, "/answers")
		if wrong == nil {
			wrong = []services.FieldError{}
		}
		return &FormPreview{Fields: fields, Schema: fields.Schema(), Shown: fields.Shown(answers), Errors: wrong}, err
	})
}
