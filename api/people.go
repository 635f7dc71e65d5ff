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
	s.serviceVerification(r)
	s.ownService(r)
	s.restrictions(r)
	s.tags(r)
	s.households(r)
	s.relationships(r)
	s.guardianships(r)
}

// memberHistory declares what hangs on one member: service and credentials.
func (s *Server) memberHistory(r *router) {
	can, p := services.CanManagePeople, s.People

	get(r, "/members/{member_id}/service-records", listServiceRecordsOp, can, func(ctx context.Context, in *MemberPath) (*services.Page[people.ServiceRecordView], error) {
		return p.ServiceRecords(ctx, in.MemberID)
	})
	post(r, "/members/{member_id}/service-records", addServiceRecordOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.AddServiceRecord
	}) (*people.ServiceRecordView, error) {
		return p.AddServiceRecord(ctx, in.MemberID, in.Body)
	})
	get(r, "/service-records/{service_record_id}", getServiceRecordOp, can, func(ctx context.Context, in *ServiceRecordPath) (*people.ServiceRecordView, error) {
		return p.GetServiceRecord(ctx, in.ServiceRecordID)
	})
	patch(r, "/service-records/{service_record_id}", updateServiceRecordOp, can, func(ctx context.Context, in *struct {
		ServiceRecordPath
		Body people.PatchServiceRecord
	}) (*people.ServiceRecordView, error) {
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

func (s *Server) serviceVerification(r *router) {
	can, p := services.CanManagePeople, s.People

	act(r, "/service-records/{service_record_id}/verify", verifyServiceOp, can, func(ctx context.Context, in *struct {
		ServiceRecordPath
		Body people.VerifyService
	}) (*people.ServiceRecordView, error) {
		return p.VerifyService(ctx, in.ServiceRecordID, in.Body)
	})
	act(r, "/service-records/{service_record_id}/mark-pending", markServicePendingOp, can, func(ctx context.Context, in *struct {
		ServiceRecordPath
		Body people.PendingService
	}) (*people.ServiceRecordView, error) {
		return p.MarkServicePending(ctx, in.ServiceRecordID, in.Body)
	})
	act(r, "/service-records/{service_record_id}/not-confirmed", notConfirmServiceOp, can, func(ctx context.Context, in *struct {
		ServiceRecordPath
		Body people.NotConfirmService
	}) (*people.ServiceRecordView, error) {
		return p.NotConfirmService(ctx, in.ServiceRecordID, in.Body)
	})
	act(r, "/service-records/{service_record_id}/undo-verification", undoServiceVerificationOp, can, func(ctx context.Context, in *struct {
		ServiceRecordPath
		Body people.StaffReason
	}) (*people.ServiceRecordView, error) {
		return p.UndoServiceVerification(ctx, in.ServiceRecordID, in.Body)
	})
}

// ownService declares what people keep of their own service, and what they answer for our counts.
func (s *Server) ownService(r *router) {
	can, p := services.CanManageFamily, s.People

	get(r, "/me/service-records", listOwnServiceRecordsOp, can, func(ctx context.Context, _ *struct{}) (*services.Page[people.OwnServiceRecord], error) {
		return p.OwnServiceRecords(ctx)
	})
	post(r, "/me/service-records", addOwnServiceRecordOp, can, func(ctx context.Context, in *struct{ Body people.AddServiceRecord }) (*people.OwnServiceRecord, error) {
		return p.AddOwnServiceRecord(ctx, in.Body)
	})
	get(r, "/me/service-records/{service_record_id}", getOwnServiceRecordOp, can, func(ctx context.Context, in *ServiceRecordPath) (*people.OwnServiceRecord, error) {
		return p.OwnServiceRecord(ctx, in.ServiceRecordID)
	})
	patch(r, "/me/service-records/{service_record_id}", updateOwnServiceRecordOp, can, func(ctx context.Context, in *struct {
		ServiceRecordPath
		Body people.PatchServiceRecord
	}) (*people.OwnServiceRecord, error) {
		return p.UpdateOwnServiceRecord(ctx, in.ServiceRecordID, in.Body)
	})
	get(r, "/me/demographics", getOwnDemographicsOp, can, func(ctx context.Context, _ *struct{}) (*people.Demographics, error) {
		return p.OwnDemographics(ctx)
	})
	put(r, "/me/demographics", replaceOwnDemographicsOp, can, func(ctx context.Context, in *struct{ Body people.GiveDemographics }) (*people.Demographics, error) {
		return p.ReplaceOwnDemographics(ctx, in.Body)
	})
}

func (s *Server) restrictions(r *router) {
	can, p := services.CanRestrict, s.People

	get(r, "/restrictions", listRestrictionsOp, can, func(ctx context.Context, in *services.PageQuery) (*services.Page[people.Restriction], error) {
		return p.Restrictions(ctx, *in)
	})
	act(r, "/members/{member_id}/restrict", restrictMemberOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.RestrictMember
	}) (*people.Restriction, error) {
		return p.Restrict(ctx, in.MemberID, in.Body)
	})
	act(r, "/members/{member_id}/lift-restriction", liftRestrictionOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body people.StaffReason
	}) (*people.Restriction, error) {
		return p.LiftRestriction(ctx, in.MemberID, in.Body)
	})
}

func (s *Server) tags(r *router) {
	can, p := services.CanManagePeople, s.People

	get(r, "/tags", listTagsOp, can, func(ctx context.Context, in *people.TagFilter) (*services.Page[people.TagCount], error) {
		return p.Tags(ctx, *in)
	})
	act(r, "/tags/rename", renameTagOp, can, func(ctx context.Context, in *struct{ Body people.RenameTag }) (*people.RenamedTag, error) {
		return p.RenameTag(ctx, in.Body)
	})
	act(r, "/members/tags", tagMembersOp, can, func(ctx context.Context, in *struct{ Body people.TagMembers }) (*people.TaggedMembers, error) {
		return p.TagMembers(ctx, in.Body)
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
