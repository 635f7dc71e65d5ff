package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

var (
	taskDue     = peopleAt.Add(48 * time.Hour)
	taskExample = models.Task{
		Record: models.Record{ID: uuid.MustParse("0199c1f5-7e4a-7b97-86d8-0fb01c2d7007"), Version: 1, CreatedAt: peopleAt, UpdatedAt: peopleAt},
		Kind:   models.TaskConfirmGuardianship, Title: "Confirm a guardianship", MemberID: &mayaID, About: "guardianship", RecordID: &ortegaLinkID,
		Queue: "coordinators", DueAt: taskDue, Status: models.TaskOpen,
	}
)

const taskScope = " Only tasks of one's own queues, and those one owns, are seen; never one about oneself or somebody close. A task that stands for a help request follows the request: 409 `help_request_task` for what changes it here."

var listTasksOp = op{
	ID: "listTasks", Tag: "Tasks", Summary: "What waits for us",
	Doc: "Sorts: `due_at` (default), `created_at`. Open ones unless `status` says else; a snoozed task is open again when its time has come." + taskScope +
		" Admins see every queue but the responders', coordinators every one but theirs and the admins'.",
	Example: services.Page[models.Task]{Data: []models.Task{taskExample}},
}

var createTaskOp = op{
	ID: "createTask", Tag: "Tasks", Summary: "Open a task by hand", Doc: "The title stands in lists and should name nobody: `member_id` says whom it is about.",
	Errors:  []services.Code{services.CodeNotFound, "not_staff", "own_record"},
	Request: tasks.CreateTask{Title: "Call about the ride to Saturday's workshop", MemberID: &luisID, Queue: "coordinators", DueAt: taskDue}, Example: taskExample,
}

var getTaskOp = op{ID: "getTask", Tag: "Tasks", Summary: "One task", Doc: "What there is to do, about whom or what, and what came of it." + taskScope, Example: taskExample}

var updateTaskOp = op{
	ID: "updateTask", Tag: "Tasks", Summary: "Edit a task", Doc: "Its words, its queue, its time." + taskScope,
	Errors: []services.Code{"task_closed", "help_request_task"}, Request: tasks.PatchTask{DueAt: services.Some(taskDue), Queue: services.Some("coordinators")}, Example: taskExample,
}

var assignTaskOp = op{
	ID: "assignTask", Tag: "Tasks", Summary: "Give a task to somebody, or back to its queue",
	Doc:    "Coordinators and admins assign anybody on staff; others take a task themselves or give their own back. The new owner gets a mail without names. Nobody owns a task about themselves or somebody close (`own_record`)." + taskScope,
	Errors: []services.Code{"assign_others", "not_staff", "own_record", "task_closed", "help_request_task"}, Request: tasks.AssignTask{OwnerID: &coordinatorID}, Example: taskExample,
}

var completeTaskOp = op{
	ID: "completeTask", Tag: "Tasks", Summary: "Close a task that is done", Doc: "Say in a line what came of it." + taskScope,
	Errors: []services.Code{"task_closed", "help_request_task"}, Request: tasks.CompleteTask{Outcome: "Saw the birth certificate at the front desk"}, Example: taskExample,
}

var dropTaskOp = op{
	ID: "dropTask", Tag: "Tasks", Summary: "Close a task that nobody will do", Doc: "With the reason." + taskScope,
	Errors: []services.Code{"task_closed", "help_request_task"}, Request: tasks.TaskReason{Reason: "The family has moved away"}, Example: taskExample,
}

var snoozeTaskOp = op{
	ID: "snoozeTask", Tag: "Tasks", Summary: "Put a task away until later", Doc: "Within the coming year. It is open again by itself." + taskScope,
	Errors: []services.Code{"task_closed", "help_request_task", "out_of_range"}, Request: tasks.SnoozeTask{Until: taskDue.Add(5 * 24 * time.Hour)}, Example: taskExample,
}

var reopenTaskOp = op{
	ID: "reopenTask", Tag: "Tasks", Summary: "Open a closed task again", Doc: "The way back from done and dropped, with the reason." + taskScope,
	Errors: []services.Code{"task_open", "already_open", "help_request_task"}, Request: tasks.TaskReason{Reason: "They called back after all"}, Example: taskExample,
}
