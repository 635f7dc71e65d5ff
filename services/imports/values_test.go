package imports

import (
	"strings"
	"testing"

	"homefront/models"
	"homefront/services"
)

func TestNamesInOneColumn(t *testing.T) {
	for text, want := range map[string]name{
		"Luis Ortega":                {given: "Luis", family: "Ortega"},
		"Ortega, Luis":               {given: "Luis", family: "Ortega"},
		"LUIS ORTEGA":                {given: "Luis", family: "Ortega"},
		"ortega, luis":               {given: "Luis", family: "Ortega"},
		"Mr. Luis A. Ortega Jr.":     {given: "Luis", family: "Ortega Jr."},
		"Ortega, Luis A., Jr":        {given: "Luis", family: "Ortega Jr."},
		"Ortega Jr, Luis":            {given: "Luis", family: "Ortega Jr."},
		"Luis Ortega, III":           {given: "Luis", family: "Ortega III"},
		"SSG (Ret) Luis Ortega":      {given: "Luis", family: "Ortega"},
		`Robert "Bob" Smith`:         {given: "Robert", family: "Smith", preferred: "Bob"},
		"Robert (Bob) Smith":         {given: "Robert", family: "Smith", preferred: "Bob"},
		"JUAN DE LA CRUZ":            {given: "Juan", family: "de la Cruz"},
		"Ludwig van Beethoven":       {given: "Ludwig", family: "van Beethoven"},
		"SIOBHAN O'NEILL-MCDONALD":   {given: "Siobhan", family: "O'Neill-McDonald"},
		"J.R. Ewing":                 {given: "J.R.", family: "Ewing"},
		"Luis & Ana Ortega":          {given: "Luis", family: "Ortega", second: "Ana Ortega"},
		"Luis Ortega and Ana Becker": {given: "Luis", family: "Ortega", second: "Ana Becker"},
		"Ortega, Luis & Ana":         {given: "Luis", family: "Ortega", second: "Ortega, Ana"},
		"Madonna":                    {given: "Madonna"},
		"María José García López":    {given: "María José García", family: "López"},
		"":                           {},
		"Dr. ":                       {given: "Dr."},
	} {
		if got := splitName(text); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
}

func TestDates(t *testing.T) {
	today := models.NewDate(2026, 3, 3)
	for _, c := range []struct {
		text  string
		order DateOrder
		want  string
		code  services.Code
	}{
		{"03/04/1980", MDY, "1980-03-04", ""}, {"03/04/1980", DMY, "1980-04-03", ""}, {"3/4/80", MDY, "1980-03-04", ""}, {"3.4.1980", DMY, "1980-04-03", ""},
		{"1980-03-04", DMY, "1980-03-04", ""}, {"1980/3/4", MDY, "1980-03-04", ""}, {"80-03-04", YMD, "1980-03-04", ""}, {"19800304", MDY, "1980-03-04", ""},
		{"4-Mar-80", MDY, "1980-03-04", ""}, {"04 MAR 1980", MDY, "1980-03-04", ""}, {"March 4 1980", MDY, "1980-03-04", ""}, {"Mar. 4, 1980", MDY, "1980-03-04", ""},
		{"March 4th, 1980", MDY, "1980-03-04", ""}, {"4 March '80", MDY, "1980-03-04", ""}, {"Sept 9 2001", MDY, "2001-09-09", ""}, {"1980 Mar 4", MDY, "1980-03-04", ""},
		{"29284", MDY, "1980-03-04", ""}, {"29284.0", MDY, "1980-03-04", ""}, {"3/4/1980 12:00:00 AM", MDY, "1980-03-04", ""}, {"1980-03-04T00:00:00", MDY, "1980-03-04", ""},
		{"3/4/12", MDY, "2012-03-04", ""}, {"3/4/27", MDY, "1927-03-04", ""}, {"2/29/1980", MDY, "1980-02-29", ""},
		{"13/04/1980", MDY, "", "impossible_date"}, {"04/13/1980", DMY, "", "impossible_date"}, {"2/30/1980", MDY, "", "impossible_date"}, {"2/29/1981", MDY, "", "impossible_date"},
		{"Foo 4 1980", MDY, "", "bad_date"}, {"1980", MDY, "", "year_alone"}, {"1980.0", MDY, "", "year_alone"}, {"soon", MDY, "", "bad_date"}, {"3/4/198", MDY, "", "bad_date"},
		{"0000-00-00", MDY, "", "impossible_date"}, {"3/4", MDY, "", "bad_date"},
	} {
		got, code := parseDate(c.text, c.order, false, today)
		if code != c.code || code == "" && got.String() != c.want {
			t.Errorf("%q in %s is %s %q, want %s %q", c.text, c.order, got, code, c.want, c.code)
		}
	}
	if got, _ := parseDate("27822", MDY, true, today); got.String() != "1980-03-04" {
		t.Errorf("counted from 1904: %s", got)
	}
}

func TestPhonesEmailsAndService(t *testing.T) {
	for text, want := range map[string]string{
		"(910) 555-0142": "+19105550142", "910.555.0142 x12": "+19105550142", "9105550142.0": "+19105550142", "9.105550142E9": "+19105550142", "cell: 910-555-0142": "+19105550142",
		"910-555-0142 / 910-555-0199": "+19105550142", "1-910-555-0142": "+19105550142", "+49 30 123456": "+4930123456", "910-555-0142 (home)": "+19105550142", "555-0142": "", "n/a?": "",
	} {
		got, ok := parsePhone(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q %v, want %q", text, got, ok, want)
		}
	}
	for text, want := range map[string]string{
		"luis@example.org": "luis@example.org", " Luis@Example.ORG; ": "Luis@example.org", "Luis Ortega <luis@example.org>": "luis@example.org", "mailto:luis@example.org": "luis@example.org",
		"a@example.org; b@example.org": "a@example.org", "luis@example": "", "luis at example.org": "", "@": "", ";": "", "luis@@example.org": "",
	} {
		got, ok := parseEmail(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q %v, want %q", text, got, ok, want)
		}
	}
	for text, want := range map[string]force{
		"USMC": {"marine_corps", "active"}, "U.S. Marine Corps": {"marine_corps", "active"}, "Army Guard": {"army", "national_guard"}, "ARNG": {"army", "national_guard"},
		"Army National Guard": {"army", "national_guard"}, "Air Guard": {"air_force", "national_guard"}, "ANG": {"air_force", "national_guard"}, "USNR": {"navy", "reserve"},
		"Navy Reserve": {"navy", "reserve"}, "Coast Guard": {"coast_guard", "active"}, "Coast Guard Reserve": {"coast_guard", "reserve"}, "Space Force": {"space_force", "active"},
		"usaf (active)": {"air_force", "active"}, "National Guard": {"", "national_guard"},
	} {
		b, c, ok := parseService(text)
		if !ok || (force{b, c}) != want {
			t.Errorf("%q is %s %s %v", text, b, c, ok)
		}
	}
	if _, _, ok := parseService("Klingon Defense Force"); ok {
		t.Error("an unknown force passes")
	}
	if kinds, bad := parseKinds("Vet / Caregiver & Spouse"); bad != "" || len(kinds) != 3 {
		t.Errorf("%v %s", kinds, bad)
	}
}

func TestHeaders(t *testing.T) {
	for header, want := range map[string]string{
		"First Name": "given_name", "fname": "given_name", "LAST_NAME": "family_name", "DOB": "birth_date", "Date of Birth": "birth_date", "Mobile #": "phone", "Cell": "phone",
		"Zip": "postal_code", "Branch of service": "branch", "Spouse name": "spouse_name", "Wife's e-mail": "spouse_email", "Child 1 Name": "child1_name", "Child1 DOB": "child1_birth_date",
		"Child Name 2": "child2_name", "Kid 3 birthday": "child3_birth_date", "E-Mail Address": "email", "Veteran DOB": "birth_date", "State": "region", "Favorite color": "", "Son": "child1_name",
	} {
		if got := fieldOf(header); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
	for header, want := range map[string]string{
		"SSN": "ssn", "Social Security #": "ssn", "Last 4": "ssn", "Last four of SSN": "ssn", "DoD ID": "dod_number", "EDIPI": "dod_number", "VA File Number": "va_file", "Claim No.": "va_file",
		"Diagnosis": "diagnosis", "PTSD?": "diagnosis", "TBI": "diagnosis", "Medications": "diagnosis", "VA Rating": "disability", "Disability %": "disability", "Firearms in home": "firearms",
		"Immigration status": "immigration", "Name": "", "Notes": "", "Phone": "", "Missing": "", "Assn": "",
	} {
		if got := never(header, "", func(func(string) bool) {}); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
}

// FuzzReadCSV: whatever is sent, reading ends with a sheet or a refusal, and what must not be kept is not.
func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{"Name,DOB\nLuis,1980-03-04\n", "a;b\n\"x\ny\";2\n", "\xff\xfeN\x00", "\xef\xbb\xbfName\n'=1\n", "Name,SSN\nLuis,123-45-6789\n", "\"\"\"", ",,,\n,,\n", "PK\x03\x04",
		"Name\tZip\nAna\t02134\n", "Name,x\n" + strings.Repeat("a", 3000) + ",1\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := read(t.Context(), CSV, "", file)
		if err != nil {
			return
		}
		columns := s.survey()
		r := newReader(columns, defaults(), false, models.NewDate(2026, 3, 3).Time)
		for _, row := range s.rows {
			if len(row.cells) > len(columns) || row.number <= s.headerAt {
				t.Fatalf("row %d of %d cells", row.number, len(row.cells))
			}
			for _, text := range row.cells {
				if ssnForm.MatchString(text) {
					t.Fatalf("kept %q", text)
				}
			}
			r.read(row.number, row.cells, row.notes)
		}
	})
}

// FuzzValues: what is taken apart can be put together, and dates lie where dates can.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{"Ortega, Luis", "Mr. Luis A. Ortega Jr.", "a & b", "03/04/1980", "4-Mar-80", "29284", "(910) 555-0142", "Luis <l@example.org>", ",", "\"", "( )", "& &", "'=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = tidyCell(text)
		n := splitName(text)
		if n.given == "" && n.family != "" {
			t.Fatalf("%q has a family name alone", text)
		}
		today := models.NewDate(2026, 3, 3)
		for _, order := range []DateOrder{MDY, DMY, YMD} {
			if d, code := parseDate(text, order, false, today); code == "" && (d.Year() < 1880 || d.Year() > 9999) {
				t.Fatalf("%q is %s", text, d)
			}
		}
		if a, ok := parseEmail(text); ok && !strings.Contains(a, "@") {
			t.Fatalf("%q is the address %q", text, a)
		}
		parsePhone(text)
		parseService(text)
		parseKinds(text)
	})
}

func TestAnAddressIsOneValue(t *testing.T) {
	at := func(line1, line2, city, region, code, country string) models.Address {
		return models.Address{AddressLine1: line1, AddressLine2: line2, City: city, Region: region, PostalCode: code, Country: country}
	}
	elm, oak := at("5 Elm St", "", "", "", "", "US"), at("12 Oak Ave", "", "Reno", "NV", "89501", "US")
	for name, c := range map[string]struct {
		known, row, filled, overwritten models.Address
	}{
		"another street":                 {elm, oak, elm, oak},
		"nothing known":                  {at("", "", "", "", "", ""), oak, oak, oak},
		"a country alone known":          {at("", "", "", "", "", "US"), oak, oak, oak},
		"the same street, and the city":  {elm, at("5 ELM ST", "", "Reno", "NV", "", "US"), at("5 Elm St", "", "Reno", "NV", "", "US"), at("5 Elm St", "", "Reno", "NV", "", "US")},
		"a city without a street":        {elm, at("", "", "Reno", "NV", "89501", "US"), elm, elm},
		"a street in the known city":     {at("", "", "Reno", "", "", ""), oak, oak, oak},
		"a street in another city":       {at("", "", "Dallas", "TX", "", "US"), oak, at("", "", "Dallas", "TX", "", "US"), oak},
		"another city of the same state": {at("", "", "", "NC", "28305", "US"), at("", "", "Raleigh", "NC", "", "US"), at("", "", "", "NC", "28305", "US"), at("", "", "Raleigh", "NC", "", "US")},
		"nothing in the row":             {oak, at("", "", "", "", "", ""), oak, oak},
		"a country in the row":           {at("", "", "Reno", "", "", "US"), at("", "", "", "", "", "CA"), at("", "", "Reno", "", "", "US"), at("", "", "Reno", "", "", "US")},
		"a room of another street":       {at("5 Elm St", "Apt 3", "Reno", "NV", "89501", "US"), oak, at("5 Elm St", "Apt 3", "Reno", "NV", "89501", "US"), oak},
	} {
		for policy, want := range map[UpdatePolicy]models.Address{FillBlanks: c.filled, Overwrite: c.overwritten} {
			to := models.Member{Address: c.known}
			r := &reader{options: ImportOptions{Update: policy}}
			changed := r.merge(&person{member: models.Member{Address: c.row}}, &to)
			if to.Address != want || (len(changed) > 0) != (c.known != want) {
				t.Errorf("%s, %s: %+v, want %+v, changed %v", name, policy, to.Address, want, changed)
			}
		}
	}
}
