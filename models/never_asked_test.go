package models

import (
	"strconv"
	"strings"
	"testing"
)

// refusedPhrases are ways of asking for what is never asked, by topic.
var refusedPhrases = map[NeverAskedTopic][]string{
	NeverSSN: {
		"Social Security number", "What is your SSN?", "S.S.N.", "S-S-N", "s s n", "ssn_last4", "social_security_number", "Please enter your Social Security No.", "Last four of your social",
		"Last 4 digits of your SSN", "What are the last four digits of your Social Security number?", "SS#", "Soc. Sec. number", "SocialSecurityNumber", "What is your social?", "ＳＳＮ", "Sócial Sécurity Number",
		"S\u200bSN", "Taxpayer identification number", "ITIN", "Enter your Social Security", "Número de Seguro Social", "¿Cuál es su número de seguridad social?", "Últimos cuatro dígitos de su seguro social", "NSS",
		"If you don't know your SSN, ask us", "Don't forget to enter your SSN", "Do not give your date of birth here, give your SSN", "Social Security card number",
		"Social Security", "Your Social Security", "Social Security card", "Seguro social", "Social Security (please list)",
	},
	NeverDoDNumber: {
		"DoD ID number", "D.O.D. number", "dod_id", "EDIPI", "Department of Defense identification number", "Military ID number", "Number on your CAC card", "Army serial number", "What was your service number?",
		"Número de identificación militar", "Número del Departamento de Defensa",
	},
	NeverVAFile: {
		"VA file number", "V.A. file no.", "va_file_number", "VA claim number", "C-file number", "Your VA number", "Veterans Affairs ID number", "File number with the VA", "Número de expediente del VA",
		"Número de reclamo de la Administración de Veteranos", "VA health card number", "VA file",
	},
	NeverDiagnosis: {
		"What is your diagnosis?", "Have you ever been diagnosed with a mental health condition?", "Diagnoses", "Do you have PTSD?", "Do you suffer from depression?", "P.T.S.D.", "ptsd", "has_ptsd", "Have you had a TBI?",
		"Medical history", "Mental health history", "Please list your medical conditions", "Are you bipolar?", "Symptoms of PTSD you have now", "Are you being treated for anxiety?", "Does your spouse have PTSD?",
		"Do you have any combat-related PTSD or TBI?", "Current psychiatric medications", "Is your child autistic?", "¿Cuál es su diagnóstico?", "¿Le han diagnosticado alguna enfermedad?", "¿Padece depresión?", "¿Tiene TEPT?",
		"Historial médico", "¿Sufre de ansiedad?", "Antecedentes psiquiátricos", "What mental health problems do you have?", "Do you struggle with addiction?",
		"PTSD (yes/no)", "TBI: yes or no", "TBI (sí/no)", "Depression [optional]", "Do you feel depressed?", "Do you have any mental health concerns?",
	},
	NeverTrauma: {
		"Trauma history", "Please describe any traumatic events", "Have you experienced military sexual trauma?", "Have you ever been sexually assaulted?", "Were you abused as a child?", "Tell us about your combat experiences",
		"What is the worst thing you saw in combat?", "Have you ever killed someone?", "Did you kill anyone?", "Do you have flashbacks?", "history_of_trauma", "Describe your trauma", "ACE score", "Are you a survivor of sexual assault?",
		"MST", "Historial de trauma", "Describa experiencias traumáticas", "¿Ha sido víctima de abuso?", "¿Cuáles son sus traumas?", "¿Ha sufrido abuso sexual?", "How often do you have nightmares?", "Were you sexually harassed in the military?",
		"Trauma (please describe)", "Do you suffer from nightmares?", "What happened to you in combat?", "Have you been in combat?", "Did you ever shoot anyone?", "Have you been shot?", "¿Tiene pesadillas?",
	},
	NeverRating: {
		"Disability rating", "What is your VA rating?", "VA disability percentage", "Are you service-connected?", "What percent disabled are you?", "Combined rating", "% disability", "Are you rated 100 percent disabled?", "Are you P&T?",
		"Permanent and total?", "TDIU", "disability_rating", "Percentage of disability assigned by the VA", "How disabled are you?", "Service connected disability", "Porcentaje de discapacidad", "¿Qué grado de discapacidad tiene?",
		"Calificación de discapacidad del VA", "¿Qué rating de discapacidad le dio el VA?", "What percentage are you rated?", "VA disability",
	},
	NeverFirearms: {
		"Do you own any firearms?", "How many guns do you own?", "Are there guns in your home?", "Do you have a gun?", "Do you keep a loaded weapon at home?", "firearms_owned", "Guns", "Do you have access to firearms?", "List the weapons you own",
		"Do you have a concealed carry permit?", "Do you carry a handgun?", "Fire-arms owned", "Which rifles do you own?", "Do you own a gun safe?", "¿Tiene armas en casa?", "¿Cuántas armas de fuego posee?", "¿Hay armas de fuego en su casa?",
		"¿Tiene licencia de armas?", "If you own guns, do you agree to lock them?", "Is there a firearm in the house?", "Firearms (yes/no)", "Guns: how many?", "Armas: ¿cuántas?",
	},
	NeverImmigration: {
		"Immigration status", "Are you a U.S. citizen?", "Are you a citizen?", "Citizenship status", "Do you have a green card?", "What type of visa do you have?", "Are you undocumented?", "immigration_status", "Country of citizenship",
		"Are you a permanent resident?", "Are you authorized to work in the United States?", "Alien number", "What is your nationality?", "Citizenship", "Are you legally in the U.S.?", "Are you here legally?", "Were you born in the United States?", "¿Es residente legal?", "When did you come to the United States?", "Is your spouse a citizen?", "Estatus migratorio",
		"¿Es usted ciudadano?", "¿Es ciudadana de los Estados Unidos?", "¿Tiene papeles?", "Residente permanente", "¿Cuál es su ciudadanía?", "Permiso de trabajo", "Are you a naturalized citizen?", "Citizen", "Are you a permanent resident of the United States?", "Citizen (yes/no)",
	},
}

// ordinaryPhrases name some of these things, or sound like them, and ask for none.
var ordinaryPhrases = []string{
	"Do you need wheelchair access?", "What would help you feel safe here?", "Firearm-free venue: do you agree?", "Which branch did you serve in?", "How many years did you serve?", "Which era did you serve in?", "What is your phone number?",
	"Number of people in your party", "Do you have any food allergies?", "Do you bring a service animal?", "What task does your service animal do?", "Do you prefer a trauma-informed facilitator?", "Was the session trauma-sensitive?",
	"What do you hope to learn about PTSD?", "Did this workshop help you understand PTSD better?", "Would you like information about PTSD resources?", "Did you learn to recognize the signs of depression?", "How would you rate this session?",
	"How would you rate the facilitator?", "Your rating of the workshop", "What percentage of the sessions did you attend?", "Do you need help with Social Security benefits?", "Would you like help with a VA disability claim?",
	"Do you need help with VA health care?", "How far is the nearest VA hospital?", "Do you agree to leave any weapons at home?", "Do you agree not to bring firearms?", "This site is weapon free. Do you agree?", "Would you like a free gun lock?",
	"Please do not write your diagnosis here.", "We never ask for your Social Security number.", "Do not include your SSN or VA file number.", "Bring your DD-214 with the Social Security number blacked out.",
	"Please leave out medical history; tell us only what would help.", "No escriba su número de seguro social.", "Are you a senior citizen?", "In which language would you like to be spoken to?", "Do you need an interpreter?",
	"Do you want to talk with a lawyer?", "What should staff on site know in an emergency?", "What medication must be kept cold?", "Do you have health insurance?", "Is a quiet room important to you?", "How did you hear about us?",
	"What social events would you enjoy?", "How many social events have you attended?", "What is your permanent address?", "How are you feeling today?", "How sure are you that you can reach your goal?", "Who should we call in an emergency?",
	"What is your T-shirt size?", "Do you plan to attend the armory tour?", "When can you arrive?", "When did you arrive at Fort Liberty?", "Which days work for you?", "What is your relationship to the veteran?", "Did you serve overseas?",
	"Did you serve in a combat zone?", "What was your specialty?", "What were your dates of service?", "Do you have transportation?", "What brings you to us?", "What helps you to sleep better?", "Have you worked with veterans with PTSD?",
	"Do you have experience with PTSD workshops?", "Which mental health resources do you know?", "Do you have a military ID card with you?", "Do you need parking close to the door?", "May we share your photo?", "Number of service members in your household",
	"Do you have questions about depression?", "¿Necesita una silla de ruedas?", "¿Qué le ayudaría a sentirse seguro aquí?", "¿En qué rama sirvió?", "¿Necesita ayuda con el seguro social?", "¿En qué idioma prefiere hablar?",
	"¿Está de acuerdo con un lugar libre de armas?", "¿Tiene alergias?", "¿Cómo califica el taller?", "¿A quién llamamos en una emergencia?", "social_events", "arms_length", "rating", "va_clinic", "seat_needs", "gunnery_range_tour",
	"What is your social media handle?", "Do you have dietary restrictions, such as diabetic or gluten-free?", "Any allergies or medical alerts for staff on site?", "How confident are you supporting someone with PTSD?", "Are you a disabled veteran?",
	"I agree that firearms are not permitted at the retreat.", "Armed forces branch", "Do you need legal help?", "Which countries did you serve in?", "Your VA coordinator's phone number", "¿Tiene armario?", "Are you legally blind?",
	"Please check in with the coordinator. Do not share health details.", "Are you allowed to work from home?", "Number of years in service",
	"Would a gun safety course interest you?", "Were you a weapons specialist?", "I agree to the code of conduct and the confidentiality limits.", "Do you need diabetic meals?",
	"Did you ever shoot photos?", "Are you a permanent resident of North Carolina?", "Are you a permanent resident of Cumberland County?", "Is there anything about combat noise (fireworks) we should avoid?", "Have you been in a combat zone?",
	"PTSD: what would you like to learn?", "Firearms (not permitted on site)", "Do you have any concerns (yes/no)?", "Social Security office: do you need a ride?", "How do you feel today?", "Have you rated us before?",
}

func TestNeverAskedIsRefused(t *testing.T) {
	n := 0
	for topic, phrases := range refusedPhrases {
		for _, phrase := range phrases {
			n++
			if got, ok := NeverAsked(phrase); !ok || got != topic {
				t.Errorf("%q: %q %v, want %s", phrase, got, ok, topic)
			}
		}
	}
	t.Logf("%d phrases", n)
	if n < 80 {
		t.Error("too few")
	}
}

func TestOrdinaryQuestionsAreLetThrough(t *testing.T) {
	for _, phrase := range ordinaryPhrases {
		if topic, ok := NeverAsked(phrase); ok {
			t.Errorf("%q is taken for %s", phrase, topic)
		}
	}
	t.Logf("%d questions", len(ordinaryPhrases))
	if len(ordinaryPhrases) < 60 {
		t.Error("too few")
	}
}

// However it is written, it is the same question.
func TestNeverAskedSeesThroughSpelling(t *testing.T) {
	for topic, phrases := range refusedPhrases {
		for _, phrase := range phrases {
			for _, written := range []string{strings.ToUpper(phrase), "  " + strings.ReplaceAll(phrase, " ", "  ") + " ", strings.ReplaceAll(phrase, " ", "-"), strings.ReplaceAll(phrase, " ", "_"), "Optional: " + phrase, "Thank you for coming. " + phrase} {
				if got, ok := NeverAsked(written); !ok {
					t.Errorf("%q: %q %v, want %s", written, got, ok, topic)
				}
			}
		}
	}
}

func TestNeverAskedInEveryPartOfAQuestion(t *testing.T) {
	topics := []FormOption{{"ptsd", "PTSD"}, {"sleep", "Sleep"}, {"mst", "MST"}}
	cases := []struct {
		field FormField
		want  string
	}{
		{FormField{Key: "seat", Label: "Where would you like to sit?"}, ""},
		{FormField{Key: "ssn", Label: "Number"}, "key"},
		{FormField{Key: "a", Label: "What is your SSN?"}, "label"},
		{FormField{Key: "a", Label: "Anything else?", Help: "Such as your VA file number"}, "help"},
		{FormField{Key: "a", Label: "Anything else?", Help: "Please do not tell us a diagnosis."}, ""},
		{FormField{Key: "a", Label: "How severe?", MaxLabel: "100% disabled", MinLabel: "Disability rating 0"}, "min_label max_label"},
		{FormField{Key: "a", Label: "Which of these apply to you?", Options: topics}, "options/0/value options/2/value"},
		{FormField{Key: "a", Label: "Which topics would you like to learn about?", Options: topics}, ""},
		{FormField{Key: "a", Label: "What do you live on?", Options: []FormOption{{"social_security", "Social Security"}, {"wages", "Wages"}}}, ""},
		{FormField{Key: "a", Label: "Do you own any of these?", Options: []FormOption{{"a", "A boat"}, {"b", "A rifle"}}}, "options/1/label"},
		{FormField{Key: "a", Label: "Which describes you?", Options: []FormOption{{"a", "U.S. citizen"}, {"b", "Green card holder"}}}, "options/0/label options/1/label"},
	}
	for _, c := range cases {
		var got []string
		for _, f := range c.field.NeverAsked() {
			got = append(got, f.Attribute)
			if len(f.Topic.Sentence()) < 60 {
				t.Errorf("%s: %q", f.Topic, f.Topic.Sentence())
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %q, want %q", c.field, got, c.want)
		}
	}
}

func TestHoldsSSN(t *testing.T) {
	for _, text := range []string{"219-09-9999", "My number is 219 09 9999.", "219.09.9999", "219–09–9999", "219 - 09 - 9999", "SSN 219099999", "my social is 219099999", "219099999 (Social Security)", "Seguro social: 219099999", "２１９-０９-９９９９"} {
		if !HoldsSSN(text) {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{"910-555-0142", "(910) 555-0142", "28301-1234", "2026-03-14", "219-09-99999", "Order 219099999", "I get Social Security and live at 12 Elm St", "12-345-6789", "1 219-09-9999-1"} {
		if HoldsSSN(text) {
			t.Errorf("%q is refused", text)
		}
	}
}

// A long form of long options is looked through while somebody waits for it.
func BenchmarkNeverAskedOfALongForm(b *testing.B) {
	f := FormField{Key: "a", Label: strings.Repeat("Which of the following would you agree to at the retreat in the mountains, ", 6), Help: "Choose all that you agree to."}
	for i := range MaxFormOptions {
		f.Options = append(f.Options, FormOption{Value: "o" + strconv.Itoa(i), Label: strings.Repeat("I release the venue from what its staff, services and medical helpers do, ", 2) + strconv.Itoa(i)})
	}
	for b.Loop() {
		for range 16 {
			if found := f.NeverAsked(); len(found) > 0 {
				b.Fatal(found)
			}
		}
	}
}
