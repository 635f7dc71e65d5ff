package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// MemberPath names a member.
type MemberPath struct {
	MemberID uuid.UUID `path:"member_id" doc:"The member's id"`
}

// HouseholdPath names a household.
type HouseholdPath struct {
	HouseholdID uuid.UUID `path:"household_id" doc:"The household's id"`
}

// RelationshipPath names a relationship.
type RelationshipPath struct {
	RelationshipID uuid.UUID `path:"relationship_id" doc:"The relationship's id"`
}

// GuardianshipPath names a guardianship.
type GuardianshipPath struct {
	GuardianshipID uuid.UUID `path:"guardianship_id" doc:"The guardianship's id"`
}

// CredentialPath names a credential.
type CredentialPath struct {
	CredentialID uuid.UUID `path:"credential_id" doc:"The credential's id"`
}

// ServiceRecordPath names a service record.
type ServiceRecordPath struct {
	ServiceRecordID uuid.UUID `path:"service_record_id" doc:"The service record's id"`
}

// people declares what staff do with the records of people.
func (s *Server) people(r *router) {
	can, p := services.CanManagePeople, s.People

	post(r, "/members", createMemberOp, can, func(ctx context.Context, in *struct{ Body people.CreateMember }) (*models.Member, error) {
		return p.Create(ctx, in.Body)
	})
	get(r, "/members", listMembersOp, can, func(ctx context.Context, in *people.MemberFilter) (*services.Page[people.MemberSummary], error) {
		return p.List(ctx, *in)
	})
	get(r, "/members/{member_id}", getMemberOp, can, func(ctx context.Context, in *MemberPath) (*people.MemberView, error) {
		return p.Get(ctx, in.MemberID)
	})
	patch(r, "/members/{member_id}", updateMemberOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.PatchMember
	}) (*models.Member, error) {
		return p.Update(ctx, in.MemberID, in.Body)
	})
	put(r, "/members/{member_id}/emergency-contacts", replaceContactsOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.EmergencyContacts
	}) (*people.MemberView, error) {
		return p.ReplaceContacts(ctx, in.MemberID, in.Body)
	})
	s.memberHistory(r)
	s.households(r)
	s.relationships(r)
	s.guardianships(r)
}

// memberHistory declares what hangs on one member: service and credentials.
func (s *Server) memberHistory(r *router) {
	can, p := services.CanManagePeople, s.People

	get(r, "/members/{member_id}/service-records", listServiceRecordsOp, can, func(ctx context.Context, in *MemberPath) (*services.Page[models.ServiceRecord], error) {
		return p.ServiceRecords(ctx, in.MemberID)
	})
	post(r, "/members/{member_id}/service-records", addServiceRecordOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.AddServiceRecord
	}) (*models.ServiceRecord, error) {
		return p.AddServiceRecord(ctx, in.MemberID, in.Body)
	})
	get(r, "/service-records/{service_record_id}", getServiceRecordOp, can, func(ctx context.Context, in *ServiceRecordPath) (*models.ServiceRecord, error) {
		return p.GetServiceRecord(ctx, in.ServiceRecordID)
	})
	patch(r, "/service-records/{service_record_id}", updateServiceRecordOp, can, func(ctx context.Context, in *struct {
		ServiceRecordPath
		Body people.PatchServiceRecord
	}) (*models.ServiceRecord, error) {
		return p.UpdateServiceRecord(ctx, in.ServiceRecordID, in.Body)
	})
	get(r, "/members/{member_id}/credentials", listCredentialsOp, can, func(ctx context.Context, in *MemberPath) (*services.Page[models.Credential], error) {
		return p.Credentials(ctx, in.MemberID)
	})
	post(r, "/members/{member_id}/credentials", addCredentialOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.AddCredential
	}) (*models.Credential, error) {
		return p.AddCredential(ctx, in.MemberID, in.Body)
	})
	get(r, "/credentials/{credential_id}", getCredentialOp, can, func(ctx context.Context, in *CredentialPath) (*models.Credential, error) {
		return p.GetCredential(ctx, in.CredentialID)
	})
	act(r, "/credentials/{credential_id}/revoke", revokeCredentialOp, can, func(ctx context.Context, in *struct {
		CredentialPath
		Body people.StaffReason
	}) (*models.Credential, error) {
		return p.RevokeCredential(ctx, in.CredentialID, in.Body)
	})
	act(r, "/credentials/{credential_id}/reinstate", reinstateCredentialOp, can, func(ctx context.Context, in *struct {
		CredentialPath
		Body people.StaffReason
	}) (*models.Credential, error) {
		return p.ReinstateCredential(ctx, in.CredentialID, in.Body)
	})
}

func (s *Server) households(r *router) {
	can, p := services.CanManagePeople, s.People

	post(r, "/households", createHouseholdOp, can, func(ctx context.Context, in *struct{ Body people.CreateHousehold }) (*people.HouseholdView, error) {
		return p.CreateHousehold(ctx, in.Body)
	})
	get(r, "/households", listHouseholdsOp, can, func(ctx context.Context, in *people.HouseholdFilter) (*services.Page[people.HouseholdSummary], error) {
		return p.ListHouseholds(ctx, *in)
	})
	get(r, "/households/{household_id}", getHouseholdOp, can, func(ctx context.Context, in *HouseholdPath) (*people.HouseholdView, error) {
		return p.GetHousehold(ctx, in.HouseholdID)
	})
	patch(r, "/households/{household_id}", updateHouseholdOp, can, func(ctx context.Context, in *struct {
		HouseholdPath
		Body people.PatchHousehold
	}) (*people.HouseholdView, error) {
		return p.UpdateHousehold(ctx, in.HouseholdID, in.Body)
	})
	act(r, "/households/{household_id}/members", joinHouseholdOp, can, func(ctx context.Context, in *struct {
		HouseholdPath
		Body people.JoinHousehold
	}) (*people.HouseholdView, error) {
		return p.Join(ctx, in.HouseholdID, in.Body)
	})
	act(r, "/households/{household_id}/members/{member_id}/leave", leaveHouseholdOp, can, func(ctx context.Context, in *struct {
		HouseholdPath
		MemberPath
		Body people.LeaveHousehold
	}) (*people.HouseholdView, error) {
		return p.Leave(ctx, in.HouseholdID, in.MemberID, in.Body)
	})
}

func (s *Server) relationships(r *router) {
	can, p := services.CanManagePeople, s.People

	get(r, "/members/{member_id}/relationships", listRelationshipsOp, can, func(ctx context.Context, in *MemberPath) (*services.Page[models.Relationship], error) {
		return p.Relationships(ctx, in.MemberID)
	})
	post(r, "/relationships", recordRelationshipOp, can, func(ctx context.Context, in *struct{ Body people.RecordRelationship }) (*models.Relationship, error) {
		return p.RecordRelationship(ctx, in.Body)
	})
	get(r, "/relationships/{relationship_id}", getRelationshipOp, can, func(ctx context.Context, in *RelationshipPath) (*models.Relationship, error) {
		return p.GetRelationship(ctx, in.RelationshipID)
	})
	act(r, "/relationships/{relationship_id}/end", endRelationshipOp, can, func(ctx context.Context, in *struct {
		RelationshipPath
		Body people.StaffReason
	}) (*models.Relationship, error) {
		return p.EndRelationship(ctx, in.RelationshipID, in.Body)
	})
}

func (s *Server) guardianships(r *router) {
	can, p := services.CanManagePeople, s.People

	post(r, "/guardianships", createGuardianshipOp, can, func(ctx context.Context, in *struct{ Body people.ClaimGuardianship }) (*models.Guardianship, error) {
		return p.CreateGuardianship(ctx, in.Body)
	})
	get(r, "/guardianships", listGuardianshipsOp, can, func(ctx context.Context, in *people.GuardianshipFilter) (*services.Page[models.Guardianship], error) {
		return p.ListGuardianships(ctx, *in)
	})
	get(r, "/guardianships/{guardianship_id}", getGuardianshipOp, can, func(ctx context.Context, in *GuardianshipPath) (*models.Guardianship, error) {
		return p.GetGuardianship(ctx, in.GuardianshipID)
	})
	act(r, "/guardianships/{guardianship_id}/confirm", confirmGuardianshipOp, can, func(ctx context.Context, in *struct {
		GuardianshipPath
		Body people.ConfirmGuardianship
	}) (*models.Guardianship, error) {
		return p.ConfirmGuardianship(ctx, in.GuardianshipID, in.Body)
	})
	act(r, "/guardianships/{guardianship_id}/refuse", refuseGuardianshipOp, can, func(ctx context.Context, in *struct {
		GuardianshipPath
		Body people.StaffReason
	}) (*models.Guardianship, error) {
		return p.RefuseGuardianship(ctx, in.GuardianshipID, in.Body)
	})
	act(r, "/guardianships/{guardianship_id}/end", endGuardianshipOp, can, func(ctx context.Context, in *struct {
		GuardianshipPath
		Body people.StaffReason
	}) (*models.Guardianship, error) {
		return p.EndGuardianship(ctx, in.GuardianshipID, in.Body)
	})
	act(r, "/guardianships/{guardianship_id}/reinstate", reinstateGuardianshipOp, can, func(ctx context.Context, in *struct {
		GuardianshipPath
		Body people.StaffReason
	}) (*models.Guardianship, error) {
		return p.ReinstateGuardianship(ctx, in.GuardianshipID, in.Body)
	})
}
