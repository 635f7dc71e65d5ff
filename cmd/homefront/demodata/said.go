package demodata

import "homefront/models"

// What is said in coaching. Nobody in particular said any of it.

var hoped = []string{
	"Sleep through the night, and be less short with my kids.", "A job where nobody shouts.", "To say at the table what I only say in the car.", "To find out what I am for, now that nobody tells me.",
	"To drive on the highway again.", "To ask for help before it is late.", "To be in a crowd for an hour.", "Finish the degree I began.", "Be a father on weekdays too.", "To stop counting the days since.",
	"Eat at a table. Go outside once a day.", "To keep the friends I have.",
}

// aims are goals, each with how one sees that it is reached.
var aims = [][2]string{
	{"Sleep six hours on five nights a week", "Nights in the sleep diary"}, {"Leave the room before I shout, and come back", "Times in the notebook"}, {"Two applications a week", "The list on the fridge"},
	{"Eat with the others on weekdays", "Evenings at the table"}, {"Walk thirty minutes on four days", "Days on the calendar"}, {"Call one old friend a week", "Names in the notebook"},
	{"Drive one exit further each week", "The exit I turned at"}, {"Hand in the form for the course", "A receipt"}, {"One evening a week for the two of us", "Evenings we kept"}, {"Say no once a week", "Times I did"},
}

var summaries = []string{
	"We looked at the evenings. The phone goes into the kitchen at ten; reading instead.", "It was a hard week, and you came. We kept to one small thing: the walk after lunch.",
	"You tried it twice and it held once. Once is more than last month.", "We drew the week on one page and crossed out what is nobody's duty.", "You told me how the talk with your boss went. Next time you ask for the schedule first.",
	"We practiced the first two sentences aloud until they were yours.", "The anniversary is near. We made a plan for the day itself, hour by hour.", "You noticed the moment before it starts. That is the whole trick, and you found it.",
	"We went through the letter together. Two things to ask, one to leave.", "Less to say today; we sat with that. You will try the group on Thursday.", "Four good nights in a row. We wrote down what was different.",
	"We compared what you want with what you said you should want.",
}

var jointSummaries = []string{
	"You each said one thing you miss. Neither was what the other had guessed.", "Sunday evening is for the two of you; the phones stay in the hall.", "We tried listening without answering for three minutes each. It is long.",
	"You agreed on a word that means: not now, but today.",
}

var aloneNotes = []string{"Before the other came in: is afraid of the reunion in spring. Asks to bring it up together later.", "Said on the stairs that the move was not a choice. Wants to say it when ready."}

var privately = []string{
	"Tired today. I talked too much; next time let the silence stand.", "Mentions the brother each time, and changes the subject. Not to push.", "Strong on plans, shy of dates. Ask for one date a week.",
	"I liked this hour, perhaps too much. Watch that.", "The dog came along. Easier with the dog.", "Looks at the door. Seat by the wall.",
}

var toSupervision = []string{
	"I was angry on the client's behalf and wonder whose anger that was. Please look at it with me.", "Where does coaching end here? Sleep is one thing, what wakes them is another. I have named the Vet Center.",
	"Twice late, twice with a good reason. Do I name it?",
}

var amendedTo = "We looked at the mornings, not the evenings. The phone stays in the kitchen until breakfast; reading instead."

var steps = []string{
	"Put the phone into the kitchen at ten", "Walk after lunch on four days", "Write down three nights", "Ask for the schedule by Friday", "Call Ray", "Look at the course page and write down the date", "One evening without news",
	"Drive to the second exit and back", "Eat breakfast sitting down", "Tell her on Sunday", "Fold the list, put it into the wallet", "Go to the group once",
}

var jointSteps = []string{"Sunday evening: phones in the hall", "Three minutes each, without answering", "Plan one Saturday together"}

var unable = []string{"My daughter is ill", "A double shift, told this morning", "The truck does not start", "", "Not a day for talking", ""}

// focuses are what people come to coaching for.
var focuses = [][]models.Focus{
	{"sleep", "stress"}, {"work", "transition"}, {"anger", "family"}, {"purpose"}, {"grief"}, {"education", "confidence"}, {"health_habits"}, {"moral_injury", "purpose"}, {"parenting"}, {"substance_recovery"}, {"caregiving", "stress"}, {"relationships"},
}
