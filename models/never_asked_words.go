package models

import (
	"regexp"
	"strings"
	"sync"
)

// The words of the topics, folded: lowercase, without accents. A pattern names a way of asking, not a thing: many ordinary
// questions name the thing.
const (
	numberWords = `(?:numbers?|nos?|num|nr|nbr|digits?)`
	numeroWords = `(?:numeros?|num|no|nro|nr|digitos|cifras)`

	conditions = `(?:ptsd|post ?traumatic stress(?: disorder)?|tbi|(?:traumatic )?brain injur(?:y|ies)|(?:major |clinical )?depression|depressive disorder|anxiety(?: disorders?)?|panic disorder|` +
		`bipolar(?: disorder)?|schizophrenia|ocd|adhd|autism|dementia|alzheimers|mental illness(?:es)?|mental disorders?|mental health (?:condition|disorder|problem|issue)s?|` +
		`psychiatric (?:condition|disorder|illness|problem)(?:e?s)?|substance (?:use|abuse)(?: disorders?)?|addictions?|alcoholism|cancer|diabetes|hiv|aids|epilepsy|hepatitis|eating disorders?|personality disorders?)`
	condiciones = `(?:tept|trastorno (?:de|por) estres postraumatico|estres postraumatico|lesion(?:es)? cerebral(?:es)?(?: traumaticas?)?|depresion|ansiedad|trastorno bipolar|bipolaridad|esquizofrenia|` +
		`enfermedad(?:es)? mental(?:es)?|trastornos? mental(?:es)?|adiccion(?:es)?|alcoholismo|cancer|diabetes|vih|sida|epilepsia|autismo|tbi|ptsd)`

	homeStates = `(?:alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|` +
		`mississippi|missouri|montana|nebraska|nevada|new (?:hampshire|jersey|mexico|york)|north (?:carolina|dakota)|ohio|oklahoma|oregon|pennsylvania|puerto rico|rhode island|south (?:carolina|dakota)|` +
		`tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming|this state)\b`

	guns  = `(?:fire ?arms?|(?:hand ?|shot ?)?guns?|pistols?|revolvers?|rifles?|weapons?|ammunition|ammo|ar 15s?)`
	armas = `(?:armas?|pistolas?|rifles?|escopetas?|revolver(?:es)?|fusil(?:es)?|municion(?:es)?)`
)

// neverAsked are the topics with their words.
var neverAsked = sync.OnceValue(func() []neverAskedRule {
	return []neverAskedRule{ssnRule(), dodRule(), vaRule(), ratingRule(), traumaRule(), diagnosisRule(), firearmsRule(), immigrationRule()}
})

func words(patterns ...string) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(patterns))
	for i, p := range patterns {
		out[i] = regexp.MustCompile(p)
	}
	return out
}

func ssnRule() neverAskedRule {
	return neverAskedRule{
		topic: NeverSSN, stems: []string{"ssn", "social", "soc sec", "ss ", "nss", "itin", "tax", "s s"},
		patterns: words(
			`\bssns?\b|\bnss\b|\bitin\b`,
			`\bsoc(?:ial)? sec(?:urity)? (?:\w+ )?`+numberWords+`\b`,
			`\bsocial (?:insurance )?`+numberWords+`\b|\bss `+numberWords+`\b|\bsoc sec\b`,
			`\b(?:last|first) (?:4|four|5|five)(?: `+numberWords+`)? of (?:your |the |his |her |their |a )?(?:social|ss)\b`,
			`\b`+numberWords+` of (?:your |the |his |her |their )(?:social security|social\s*$|ss\b)`,
			`\b(?:whats|what is|enter|give|provide|write|type) (?:us )?(?:your|his|her|their|the) social(?: security)?\s*(?:$|here|below|please)`,
			`\btax ?payer (?:id\w*|`+numberWords+`)\b|\b(?:your|his|her|their|personal) tax id\w*\b`,
			`\b`+numeroWords+` (?:(?:de|del|su|tu|la|el) )*(?:seguro|seguridad) social\b`,
			`\bultim[oa]s (?:4|cuatro) (?:\w+ ){0,5}(?:seguro|seguridad) social\b`,
			`\b(?:cual es|escriba|indique|ingrese|de) (?:su|tu) (?:seguro|seguridad) social\s*$`,
		),
		bare:     regexp.MustCompile(`^(?:social security|soc sec|seguro social|seguridad social)(?: card)?$|^tarjeta (?:de(?:l)? )?seguro social$`),
		squeezed: []string{"socialsecuritynumber", "socialsecurityno", "socialsecuritynum", "numerodesegurosocial", "numerosegurosocial", "numerodeseguridadsocial"},
	}
}

func dodRule() neverAskedRule {
	return neverAskedRule{
		topic: NeverDoDNumber, stems: []string{"dod", "defens", "edipi", "deers", "militar", "cac", "common access", "service n", "serial", "servic"},
		patterns: words(
			`\bedi ?pi\b`,
			`\b(?:dod|department of defense|defense department|deers)(?: (?:id|identification|card|benefits|personnel|edi))* `+numberWords+`\b`,
			`\b(?:dod|department of defense) (?:id|identification)(?:\s*$| or | and | as | on | from | here)`,
			`\b`+numberWords+` (?:on|of|from) (?:your |the |his |her |their |a )?(?:dod|department of defense|military|cac|common access)(?: id| identification| card)*\b`,
			`\b(?:military|cac|common access card)(?: (?:id|identification|card))* `+numberWords+`\b`,
			`\b(?:military|army|navy|marine|marine corps|air force|coast guard|your|his|her) (?:service|serial) `+numberWords+`\b`,
			`\b`+numeroWords+` (?:(?:de|del|la|su|tu|identificacion|id|tarjeta|carnet|cedula|servicio) )*(?:militar|dod|departamento de defensa)\b`, //nolint:misspell // Spanish
		),
		bare:     regexp.MustCompile(`^(?:dod|department of defense|military) (?:id|identification)$`),
		squeezed: []string{"dodidnumber", "dodnumber", "militaryidnumber"},
	}
}

func vaRule() neverAskedRule {
	return neverAskedRule{
		topic: NeverVAFile, stems: []string{"va", "c file", "c number", "veterans a", "claim", "expediente", "veteranos", "cfile"},
		patterns: words(
			`\b(?:va|veterans? affairs|veterans? administration)(?: (?:file|claims?|case|c|id|identification|health|card|patient|records?|member|benefits?))* `+numberWords+`\b`,
			`\bc ?file\b|\bc (?:file )?`+numberWords+`\b|\bclaims? file\b`,
			`\b(?:file|claims?|case) `+numberWords+` (?:\w+ ){0,3}(?:va|veterans? affairs)\b`,
			`\b`+numeroWords+` (?:(?:de|del|su|tu|la|el) )*(?:expediente|archivo|caso|reclamo|reclamacion|file) (?:\w+ ){0,4}(?:va|veteranos)\b`,
			`\b`+numeroWords+` (?:(?:de|del|la|el) )*(?:va|asuntos de (?:los )?veteranos)\b`,
		),
		bare:     regexp.MustCompile(`^(?:va|veterans? affairs|veterans? administration) (?:c )?file$|^(?:archivo|expediente) del va$`),
		squeezed: []string{"vafilenumber", "vafileno", "vaclaimnumber"},
	}
}

func ratingRule() neverAskedRule {
	return neverAskedRule{
		topic: NeverRating, stems: []string{"rating", "percent", "rated", "service connect", "permanent and total", "tdiu", "unemployab", "p and t", "how disabled", "discapacidad", "incapacidad", "invalidez", "servicio", "evaluation", "disabilit"},
		patterns: words(
			`\b(?:va|disability|disabled|disabilities|service connect(?:ed|ion)|combined|sc)(?: (?:disability|service|connected|connection|combined|compensation|claims?))* (?:ratings?|percent\w*|rated|evaluation)\b`,
			`\b(?:ratings?|percent\w*) (?:(?:of|from|by|with|the|your|is|are|you|does|has|a|for|va|combined|total|assigned|given|veterans|affairs|his|her) ){0,5}(?:disab\w+|service connect\w+|va)\b`,
			`\brated (?:(?:at|as|by|with|the|you|\d+|percent) )*(?:disab\w+|va|veterans affairs|percent)\b|\b(?:va|veterans affairs) (?:has |have )?rated\b|\b(?:are|is|were|was) (?:you|he|she|they|your \w+) (?:\w+ )?rated\b`,
			`\bservice connected\b`,
			`\bpermanent(?:ly)? and total(?:ly)?\b|\btdiu\b|\bindividual unemployability\b|\bp and t\b|\bhow disabled\b`,
			`\b(?:calificacion|porcentaje|grado|clasificacion|evaluacion|por ciento|percent|rating) (?:\w+ ){0,3}(?:discapacidad|incapacidad|invalidez|minusvalia)\b`, //nolint:misspell // Spanish
			`\b(?:discapacidad|incapacidad) (?:\w+ ){0,3}(?:porcentaje|por ciento|percent|calificad\w+|conectada|relacionada con (?:el|su) servicio)\b|\bconectad\w+ (?:al|con el|con su) servicio\b`,
		),
		ordinary: regexp.MustCompile(`^(?:claims?|benefits?)\b`),
		bare:     regexp.MustCompile(`^(?:va|veterans? affairs) disabilit(?:y|ies)(?: status)?$|^discapacidad del va$`),
		squeezed: []string{"disabilityrating", "disabilitypercent", "serviceconnected"},
	}
}

func traumaRule() neverAskedRule {
	return neverAskedRule{
		topic: NeverTrauma, stems: []string{"trauma", "abus", "assault", "rape", "molest", "mst", "violence", "adverse childhood", "ace score", "kill", "worst", "combat", "war ", "flashback", "nightmare", "pesadilla", "tortur", "atroc", "agresion", "sexual", "violad", "maltrat", "acoso", "shoot", "shot"},
		patterns: words(
			`\btrauma(?:tic|s)? (?:history|histories|events?|experiences?|memor\w+|incidents?|background|score|past)\b`,
			`\b(?:history|victim|survivor)s? of (?:\w+ ){0,3}(?:trauma|abuse|assault|violence)\b|\b(?:abuse|assault) history\b`,
			`\b(?:your|his|her|their|what|which|describe|any|childhood|past|combat|sexual|war|military) traumas?\b`,
			`\b(?:experienc\w+|suffer\w*|surviv\w+|endur\w+|been through|went through|gone through|witness\w*|exposed to|have you (?:ever )?been|were you|was (?:he|she)|has (?:he|she) been|did you (?:ever )?(?:see|have)) (?:\w+ ){0,5}`+
				`(?:traumas?|traumatized|traumatic|mst|sexual(?:ly)? (?:assault\w*|abuse\w*|harass\w*)|rape|raped|molested|abused|tortured|assaulted|domestic violence|(?:child|physical|emotional|sexual) abuse|atrocit\w+)\b`,
			`\bsexually (?:assaulted|abused|harassed|violated)\b`,
			`\badverse childhood\b|\bace score\b|\bchild(?:hood)? (?:sexual |physical )?abuse\b|\b(?:abused|molested|raped) (?:as|by|when|during)\b`,
			`\b(?:did|have|has) (?:you|he|she|they) (?:ever )?(?:had to )?(?:kill|killed)\b`,
			`\b(?:did|have|has) (?:you|he|she|they) (?:ever )?(?:had to )?(?:been )?(?:shoot|shot)(?:$| (?:at|some|any|a person|people|the enemy|while|in combat|or|and))`,
			`\bworst (?:thing|memory|moment|day|experience)s? (?:\w+ ){0,6}(?:combat|war|deploy\w*|saw|seen|went|lived)\b`,
			`\b(?:describe|tell us about|what were|what was|list|share|your) (?:\w+ ){0,3}(?:combat|war) (?:experiences?|exposure|stories|memories)\b|\bcombat exposure\b|\bwhat (?:have you|did you|happened|has happened) (?:\w+ ){0,4}(?:in|during) (?:combat|the war|war|battle)\b`,
			`\b(?:have|had|having|get|getting|suffer\w*|experienc\w*) (?:\w+ ){0,3}(?:flashbacks?|nightmares?)\b|\b(?:tiene|tienes|sufr\w+|padec\w+) (?:\w+ ){0,3}pesadillas\b`,
			`\b(?:did|have|has|were|was) (?:you|he|she|they|your \w+) (?:ever )?(?:been )?(?:in|see|seen|exposed to|experience\w*|serve[d]? in) (?:any |active |direct |actual )?combat\b`,
			`\b(?:historial|historia|antecedentes) (?:de |del )?(?:un )?(?:traumas?|abusos?|maltrato|agresion|violencia)\b|\b(?:eventos?|experiencias?|sucesos?|vivencias?|hechos?) traumatic\w+\b`,
			`\b(?:su|sus|tu|tus|algun|cual|que) traumas?\b|\btraumas? (?:de guerra|de combate|infantil\w*|de la infancia|sexual\w*)\b|\b(?:abuso|agresion|acoso|asalto) sexual\b`,
			`\b(?:ha|has|fue|fuiste|sido) (?:\w+ ){0,3}(?:violad[oa]|abusad[oa]|maltratad[oa]|agredid[oa]|victima de (?:abuso|violencia|agresion|maltrato))\b`,
		),
		gently:   words(`\bmst\b|\bmilitary sexual trauma\b|\bsexual (?:assault|abuse)\b`),
		ordinary: regexp.MustCompile(`^(?:informed|sensitive|aware|awareness|care|training|education|recovery|workshops?|groups?|classes|class|resources?|support|programs?|talks?|coordinators?|prevention|informad\w+|zones?|theaters?|arms|engineers?|medics?|units?)\b`),
		bare:     regexp.MustCompile(`^(?:traumas?|mst|military sexual trauma|sexual (?:assault|abuse|trauma)|abuse|childhood abuse|combat trauma)$`),
		squeezed: []string{"traumahistory", "historyoftrauma"},
	}
}

func diagnosisRule() neverAskedRule {
	const fillers = `(?:(?:from|with|a|an|any|ever|been|some|chronic|severe|mild|current|combat|service|related|signs?|symptoms?|of|or|and|you|the|currently|following|these|clinical|clinically|physical|mental|either|mild) ){0,6}`
	return neverAskedRule{
		topic: NeverDiagnosis,
		stems: []string{"diagnos", "dx", "icd", "dsm", "ptsd", "traumat", "tbi", "brain", "depress", "anxiety", "panic", "bipolar", "schizo", "ocd", "adhd", "autis", "dementia", "alzheimer", "mental", "psych", "substance",
			"addict", "alcohol", "cancer", "diabet", "hiv", "aids", "epilep", "hepatitis", "disorder", "medic", "health", "antidepress", "suicidal", "tept", "estres", "cerebral", "depresion", "ansiedad", "esquizo", "enfermedad", "trastorno",
			"adiccion", "vih", "sida", "condicion", "clinic", "salud", "psiquiatric", "autismo"},
		patterns: words(
			`\bdiagnos\w*|\bdx\b|\bicd (?:9|10|11)\b|\bdsm\b`,
			`\b(?:medical|health|psychiatric|clinical|psychological) (?:history|histories|conditions?|disorders?|illness(?:es)?|records?)\b`,
			`\b(?:have|has|had|your|any|what|which|list) (?:\w+ ){0,2}(?:medical|health|psychiatric|physical) (?:problems?|issues?)\b`,
			`\b(?:have|has|had|your|any|what|which|list) (?:\w+ ){0,2}(?:mental|behavioral|psychological|psychiatric)(?: health)? (?:concerns?|challenges?|struggles?|difficulties)\b`,
			`\b(?:have|has|had|having|suffer\w*|living with|lives? with|struggl\w*(?: with)?|cop(?:e|es|ing) with|treated for|treatment for|medications? for|your|his|her|their|my) `+fillers+conditions+`\b`,
			`\b(?:are|is|were|was) (?:you|he|she|they|anyone|your \w+) (?:\w+ ){0,2}(?:depressed|bipolar|schizophrenic|autistic|alcoholic|addict|addicted|mentally ill|suicidal|hiv positive|diabetic|epileptic)\b`,
			`\b(?:do|does|did|have|has) (?:you|he|she|they|your \w+) (?:\w+ ){0,2}(?:feel|felt|get|become|been) (?:\w+ ){0,2}(?:depressed|suicidal|manic)\b`,
			`\bpsychiatric (?:medic\w*|drugs?|hospital\w*|treatment)\b|\bantidepressants?\b|\bpsychotropic\w*\b`,
			`\b(?:tiene|tienes|tuvo|tenido|padec\w+|sufr\w+|vive con|tratamiento (?:para|de)|su|tu) (?:(?:de|del|un|una|algun|alguna|actualmente|usted|los|sintomas|o|y|por) ){0,4}`+condiciones+`\b`,
			`\b(?:historial|historia|antecedentes|expediente) (?:medic\w+|clinic\w+|psiquiatric\w+|de salud(?: mental)?)\b`,
			`\b(?:condicion|condiciones|enfermedad|enfermedades|problemas|afecciones) (?:medicas?|mental(?:es)?|de salud(?: mental)?|psiquiatric\w+)\b`, //nolint:misspell // Spanish
		),
		gently: words(`\b(?:history|signs?|symptoms?|experienc\w*) (?:of |with )?`+fillers+conditions+`\b`, `\b(?:historial|antecedentes|sintomas) (?:de )?`+condiciones+`\b`),
		ordinary: regexp.MustCompile(`^(?:workshops?|groups?|training|programs?|resources?|support|education|awareness|material\w*|research|talks?|class\w*|sessions?|services|speakers?|courses?|about (?:the|speaking|this)|insurance|` +
			`coach\w*|providers?|free|friendly)\b`),
		bare:     regexp.MustCompile(`^(?:(?:` + conditions + `|` + condiciones + `)(?: (?:and|or|y|o) )?\s?)+(?: ?(?:status|history|score|symptoms?|severity|level))?$`),
		squeezed: []string{"medicalhistory", "mentalhealthhistory"},
	}
}

var (
	houseRule = pattern(`\b(?:(?:not|dont|never|no|wont) (?:to )?(?:bring\w*|carry\w*|have|allow\w*|come)|leav\w+|free|prohibit\w*|forbid\w*|banned|not permitted|agree|without|no ` + guns + `|sin armas|no (?:traer|portar|llevar|se permiten)|dej\w+|prohib\w+|de acuerdo|libre de)\b`)
	owns      = pattern(`\b(?:own\w*|possess\w*|how many|number of|access to|(?:are|is) there|keep|kept|tiene|tienes|posee\w*|cuantas)\b|\b(?:you|they|he|she|anyone|ever|do|does) (?:have|carry|store) (?:\w+ ){0,3}` + guns)
)

func firearmsRule() neverAskedRule {
	const fillers = `(?:(?:a|an|any|the|your|you|other|of|these|following|or|more|loaded|unlocked|kinds?|types?|licensed|registered|personal|private|many|and|knives|at|home|weapons?|guns?|firearms?|own|any) ){0,6}`
	return neverAskedRule{
		topic: NeverFirearms, stems: []string{"arm", "gun", "pistol", "rifle", "revolver", "weapon", "ammo", "ammunition", "ar 15", "conceal", "ccw", "carry permit", "escopeta", "fusil", "municion"},
		patterns: words(
			`\b(?:own\w*|have|has|had|keep\w*|kept|possess\w*|carry|carries|carrying|carried|store[sd]?|storing|buy|bought|purchas\w*|regist\w*|access to|licen[cs]e for|permit for|many|number of|any|your|his|her|their|which|what|list) `+fillers+guns+`\b`,
			`\b(?:is|are) there (?:\w+ ){0,2}`+guns+`\b`,
			`\b`+guns+` (?:\w+ ){0,3}(?:in|at) (?:your|the|his|her|their) (?:home|house|household|car|vehicle)\b|\b`+guns+` (?:owned|ownership|owners?|do you (?:own|have))\b`,
			`\bconceal\w* carry\b|\bccw\b|\bcarry permit\b|\b(?:fire ?arms?|guns?|weapons?) (?:licen[cs]e|permit)\b|\bconcealed weapons?\b|\bare you armed\b`,
			`\b(?:tiene|tienes|posee\w*|porta\w*|guarda\w*|lleva\w*|cuantas|hay|duen[oa] de|propietari[oa] de|acceso a|su|sus|que|alguna|algun) (?:(?:un|una|algun|alguna|algunas|de|las|los|en|casa|su|sus|tipo|o|usted|acceso|a) ){0,5}`+armas+`\b`,
			`\b`+armas+` de fuego (?:\w+ ){0,3}(?:en (?:su|la|el|tu) (?:casa|hogar|carro)|que tiene|que posee)\b|\b(?:permiso|licencia|portacion) (?:de|para) (?:\w+ ){0,2}armas?\b`,
		),
		ordinary: regexp.MustCompile(`^(?:free|safety|range|training|specialist|qualification|platoon|systems?|company|officer|crew|policy|rules|violence|mechanic)\b`),
		bare:     regexp.MustCompile(`^(?:` + guns + `|` + armas + `(?: de fuego)?)(?: (?:and|or|y|o|count|owned|at home) ?(?:` + guns + `|` + armas + `)?)*$`),
		rules: func(told string) bool {
			return houseRule().MatchString(told) && !owns().MatchString(neverHave.Replace(told))
		},
		squeezed: []string{"firearmsowned", "gunsowned", "gunowner", "firearmowner"},
	}
}

// neverHave takes out of a rule of the house what otherwise asks.
var neverHave = strings.NewReplacer("not have", "", "never have", "", "not carry", "", "never carry", "", "not keep", "", "do you agree", "", "not to carry", "", "not to have", "")

func immigrationRule() neverAskedRule {
	const states = `(?:united states|usa|us|eeuu|ee uu|eua|america|estados unidos)`
	return neverAskedRule{
		topic: NeverImmigration, stems: []string{"immigra", "migra", "citizen", "visa", "green card", "permanent res", "lawful", "naturaliz", "alien", "undocumented", "daca", "asylum", "refugee", "work", "nationality", "illegal", "legal status",
			"foreign national", "ciudadan", "nacionalidad", "inmigra", "indocumentad", "tarjeta verde", "residente", "residencia", "trabajo", "papeles", "legal", "country of origin", "pais de origen", "born in", "arrive", "come to"},
		patterns: words(
			`\b(?:immigration|immigrant|migration|migratory|citizenship|citizen|visa|naturalization) status\b|\blegal (?:resident |residency )?status\b`,
			`\b(?:are|is|were|was|become|became) (?:you |he |she |they |everyone |anyone |your \w+ |all of you )(?:\w+ ){0,4}(?:citizens?|undocumented|immigrants?|naturalized|permanent residents?|green card holders?|refugees?|asylum seekers?|foreign nationals?|noncitizens?)\b`,
			`\b(?:us|usa|american|united states|dual|non) citizens?(?:hip)?\b|\b(?:us|usa|american|united states) nationals?\b`,
			`\b(?:country|countries|proof|evidence|certificate) of (?:your )?citizenship\b|\byour citizenship\b|\b(?:country|nation) of (?:origin|nationality)\b|\b(?:your|what|which) (?:\w+ )?nationality\b`,
			`\bgreen cards?\b|\b(?:lawful |legal )permanent residen\w+\b|\bpermanent residents?\b|\bpermanent resident card\b|\bnaturaliz\w+\b|\balien (?:number|registration|status)\b`,
			`\bvisa (?:type|number|category|class|holder)\b|\b(?:type|kind) of visa\b|\b(?:which|what|your|current|immigrant|work|student) visa\b`,
			`\bwork (?:permit|authori[sz]ation)\b|\b(?:authori[sz]ed|eligible|allowed|able|legally) to (?:legally )?work in (?:the )?(?:`+states+`|country|this country)\b|\bdaca\b|\bundocumented\b|\billegal(?:ly)? (?:aliens?|immigrants?|in (?:the|this))\b`,
			`\b(?:when|how) did (?:you|he|she|they) (?:\w+ )?(?:come|arrive|immigrate|enter|get) (?:\w+ ){0,3}(?:`+states+`|country|this country)\b|\b(?:have|did) (?:you|they|he|she) (?:ever )?immigrate[d]?\b`,
			`\b(?:estatus|estado|situacion|condicion|status) (?:migratori[oa]|de inmigracion|inmigratori[oa]|legal)\b|\b(?:es|son|eres) (?:usted |ustedes )?(?:\w+ ){0,2}(?:ciudadan[oa]s?|indocumentad[oa]s?|inmigrantes?|residentes? permanentes?)\b`,
			`\bciudadan[oa]s? (?:de (?:los )?`+states+`|american[oa]s?|estadounidenses?)\b|\b(?:su|tu|pais de|doble|cual es su) (?:ciudadania|nacionalidad)\b|\bindocumentad[oa]s?\b|\btarjeta verde\b`,
			`\b(?:are|is|were) (?:you|he|she|they|your \w+) (?:here |living |staying )(?:\w+ )?(?:il)?legally\b|\b(?:are|is) (?:you|he|she|they) (?:il)?legally (?:here|in|present|residing|living)\b|\bborn in (?:the )?`+states+`\b`,
			`\bresidentes? (?:permanentes?|legal(?:es)?)\b|\bresidencia permanente\b|\bpermiso de trabajo\b|\b(?:tipo|numero) de visa\b|\bvisa de trabajo\b|\b(?:sin|tiene|tienes) papeles\b|\bpais de origen\b`,
		),
		rules:    func(told string) bool { return strings.Contains(told, "senior citizen") },
		ordinary: regexp.MustCompile(`^of (?:the )?(?:(?:\w+ ){0,3}(?:county|city|town|state)\b|` + homeStates + `)`),
		bare:     regexp.MustCompile(`^(?:citizens?|citizenship|permanent residents?|immigration|nationality|visa|ciudadan[oa]|ciudadania|nacionalidad|inmigracion)$`),
		squeezed: []string{"immigrationstatus", "citizenshipstatus", "estatusmigratorio", "uscitizen"},
	}
}
