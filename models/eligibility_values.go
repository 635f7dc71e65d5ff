package models

import "strings"

// ruleValues are the values that a rule may name, with the words for them.
var ruleValues = map[RuleKind]map[string]string{
	RuleKinds: {
		string(KindVeteran): "veterans", string(KindServiceMember): "service members", string(KindGuardReserve): "members of the Guard or Reserve",
		string(KindSpouse): "spouses", string(KindPartner): "partners", string(KindSurvivor): "survivors", string(KindCaregiver): "caregivers", string(KindParent): "parents",
		string(KindSibling): "siblings", string(KindChild): "children", string(KindSupporter): "supporters", string(KindStaff): "staff",
	},
	RuleEra: {
		string(EraWorldWarII): "in the Second World War", string(EraKorea): "in the era of Korea", string(EraVietnam): "in the era of Vietnam",
		string(EraGulfWar): "since the Gulf War", string(EraPost911): "since September 11, 2001", string(EraPeacetime): "in peacetime",
	},
	RuleBranch: {
		string(BranchArmy): "the Army", string(BranchMarines): "the Marine Corps", string(BranchNavy): "the Navy", string(BranchAirForce): "the Air Force",
		string(BranchSpaceForce): "the Space Force", string(BranchCoastGuard): "the Coast Guard",
	},
	RuleComponent: {string(ComponentActive): "on active duty", string(ComponentReserve): "in the Reserve", string(ComponentGuard): "in the National Guard"},
	RuleCharacter: {
		string(CharacterHonorable): "honorable", string(CharacterGeneral): "general", string(CharacterOther): "other than honorable",
		string(CharacterBadConduct): "bad conduct", string(CharacterDishonorable): "dishonorable", string(CharacterUncharacterized): "uncharacterized",
	},
	RuleGender: {
		string(GenderWoman): "women", string(GenderMan): "men", string(GenderNonbinary): "nonbinary people",
		string(GenderSelfDescribed): "people who describe their gender in their own words",
	},
	RuleState: territories,
	RuleConsentOnRecord: {
		string(ConsentPrivacyNotice): "the privacy notice", string(ConsentCodeOfConduct): "the code of conduct", string(ConsentConfidentiality): "the limits of confidentiality",
		string(ConsentLiabilityWaiver): "the liability waiver", string(ConsentPhotoRelease): "the photo release", string(ConsentStoryRelease): "a story release",
		string(ConsentSMS): "the consent to text messages", string(ConsentResearch): "the consent to research", string(ConsentClinicianRelease): "the release to a clinician",
		string(ConsentTeenAccount): "the consent to a teen's account",
	},
}

// territories are the states, the district, the territories and the addresses of the armed forces abroad, by postal code.
var territories = map[string]string{
	"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "the District of Columbia",
	"FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine",
	"MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
	"NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
	"PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
	"WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
	"AS": "American Samoa", "GU": "Guam", "MP": "the Northern Mariana Islands", "PR": "Puerto Rico", "VI": "the U.S. Virgin Islands",
	"AA": "the Americas, with the armed forces", "AE": "Europe, with the armed forces", "AP": "the Pacific, with the armed forces",
}

// countries are the territories that have a country code of their own, equal to the postal code.
var countries = []string{"AS", "GU", "MP", "PR", "VI"}

var stateNames = func() map[string]string {
	codes := map[string]string{"washingtondc": "DC", "virginislands": "VI"}
	for code, name := range territories {
		codes[plainLetters(strings.TrimPrefix(name, "the "))] = code
	}
	return codes
}()

// stateCode reads a region as people write it: "NC", "n.c.", "North Carolina". Empty when it is none of ours.
func stateCode(region string) string {
	letters := plainLetters(region)
	if code := strings.ToUpper(letters); territories[code] != "" {
		return code
	}
	return stateNames[letters]
}
