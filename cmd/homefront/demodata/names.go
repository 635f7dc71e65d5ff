package demodata

import "homefront/models"

// Everybody here is invented. A name that is also somebody's is a coincidence.

var familyNames = []string{
	"Ortega", "Whitfield", "Nakamura", "Delacroix", "Abernathy", "Okonkwo", "Sandoval", "Lindqvist", "Haddad", "Pruitt",
	"Castellano", "Moreau", "Tran", "Gallagher", "Villanueva", "Bergstrom", "Washington", "Kowalczyk", "Rivera", "Thibodeaux",
	"Yazzie", "McAllister", "Rosenthal", "Park", "Guerrero", "Hollis", "Santiago", "Eriksen", "Bautista", "Whitaker",
	"Nguyen", "Fitzgerald", "Alvarado", "Boone", "Kahale", "Dawson", "Petrov", "Coleman", "Marchetti", "Salazar",
	"Hutchins", "Obi", "Vance", "Trujillo", "Redcloud", "Sorensen", "Baptiste", "Keller", "Mendoza", "Ashworth",
	"Iverson", "Quintero", "Langley", "Chowdhury", "Barrett", "Espinoza", "Novak", "Tillman", "Fonseca", "Harlow",
	"Jefferson", "Zamora", "Pennington", "Adeyemi", "Stratton", "Cervantes", "Mulligan", "Tsosie", "Beaumont", "Rocha",
	"Hargrove", "Valdez", "Lockhart", "Phan", "Sinclair", "Maldonado", "Bridges", "Ochoa", "Winslow", "Farrell",
	"Montgomery", "Reyes", "Stokes", "Duarte", "Calloway", "Ibarra", "Hendricks", "Lozano", "Prescott", "Kim",
	"Figueroa", "Bledsoe", "Navarro", "Underwood", "Serrano", "Tate", "Rasmussen", "Cordova", "Merritt", "Singh",
	"Velasquez", "Hawkins", "Bianchi", "Solis", "Garrison", "Maez", "Thornton", "Peralta", "Crowley", "Benally",
	"Macias", "Ridley", "Kaneshiro", "Osborne", "Vargas", "Latham", "Dominguez", "Schaefer", "Rowland", "Arce",
}

var womensNames = []string{
	"Alicia", "Monique", "Hannah", "Teresa", "Keiko", "Danielle", "Ruth", "Carmen", "Latoya", "Ingrid", "Melissa", "Rosa",
	"Amara", "Bridget", "Noelle", "Yvonne", "Camila", "Sheila", "Priscilla", "Marisol", "Denise", "Tamika", "Elena", "Joanna",
	"Valerie", "Leilani", "Sabrina", "Patricia", "Odette", "Gwen", "Irene", "Bianca", "Ramona", "Claudia", "Faith", "Lourdes",
	"Corinne", "Shanice", "Vivian", "Adriana", "Paula", "Kirsten", "Renata", "Audrey", "Josephine", "Miriam", "Desiree", "Holly",
}

var mensNames = []string{
	"Luis", "Terrence", "Daniel", "Kenji", "Marcus", "Walter", "Andre", "Miguel", "Patrick", "Dwayne", "Erik", "Samuel",
	"Chidi", "Raymond", "Hector", "Gregory", "Isaiah", "Vernon", "Curtis", "Joaquin", "Wesley", "Omar", "Russell", "Trevor",
	"Emilio", "Kai", "Leonard", "Bao", "Roderick", "Stephen", "Gilbert", "Javier", "Nathan", "Clifford", "Tomas", "Everett",
	"Alonzo", "Martin", "Desmond", "Felipe", "Harold", "Reggie", "Sean", "Victor", "Jerome", "Ernesto", "Calvin", "Simon",
}

var girlsNames = []string{
	"Maya", "Zoe", "Luna", "Ava", "Naomi", "Isabel", "Harper", "Sofia", "Imani", "Ella", "Ruby", "Aaliyah", "Grace", "Lucia", "Hazel", "Nia", "Piper", "Emi",
}

var boysNames = []string{
	"Mateo", "Caleb", "Jalen", "Owen", "Diego", "Eli", "Xavier", "Noah", "Kenzo", "Micah", "Lucas", "Elijah", "Finn", "Andres", "Malik", "Theo", "Jonah", "Rory",
}

var streets = []string{
	"Haymount Ave", "Cedar Ridge Dr", "Longleaf Ln", "Bragg Blvd", "Magnolia St", "Old Mill Rd", "Quartz Ct", "Juniper Way", "Second St", "Harbor View Rd", "Mesquite Trl", "Fort Hill Rd",
}

// home is a town where our people live. Telephone numbers are of the block 555-0100 to 555-0199, which is kept free for
// fiction.
type home struct {
	city, region, postal, zone string
	areas                      []string
}

// The first three have venues.
var homes = []home{
	{"Fayetteville", "NC", "28305", "America/New_York", []string{"910", "472"}},
	{"Killeen", "TX", "76541", "America/Chicago", []string{"254"}},
	{"San Diego", "CA", "92104", "America/Los_Angeles", []string{"619", "858"}},
	{"Norfolk", "VA", "23510", "America/New_York", []string{"757"}},
	{"Colorado Springs", "CO", "80903", "America/Denver", []string{"719"}},
	{"Tacoma", "WA", "98402", "America/Los_Angeles", []string{"253"}},
	{"Tucson", "AZ", "85705", "America/Phoenix", []string{"520"}},
	{"Wahiawa", "HI", "96786", "Pacific/Honolulu", []string{"808"}},
}

// where spreads the households over the homes: most live near one of the three venues.
var where = []int{0, 0, 1, 0, 2, 0, 3, 1, 0, 2, 4, 0, 1, 5, 0, 2, 0, 6, 1, 7}

var referrals = []string{"VA clinic", "A friend", "Another member", "Chaplain", "Radio show", "County veterans office", "School counselor", "Website"}

// stint is a period of service by the age at entry and the years served; 0 years still serve.
type stint struct {
	branch    models.Branch
	component models.Component
	entered   int
	years     int
}

var branches = []models.Branch{
	models.BranchArmy, models.BranchArmy, models.BranchArmy, models.BranchMarines, models.BranchMarines, models.BranchNavy, models.BranchNavy, models.BranchAirForce, models.BranchAirForce, models.BranchCoastGuard,
}
