#pragma once
// Every API the broker serves: one function from request to response each, in the file of its name beside this one.
// dispatch.cpp derives its table (and with it ApiVersions' answer) from this list.
//
// A handler runs on its connection's thread and may block (a fetch's long poll, a group's rebalance). The request's
// Records point into the connection's frame: they must not be used once the handler has returned.
#include "kafka/wire/acls.h"
#include "kafka/wire/api_versions.h"
#include "kafka/wire/cluster.h"
#include "kafka/wire/configs.h"
#include "kafka/wire/consumer_groups.h"
#include "kafka/wire/election.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/groups.h"
#include "kafka/wire/init_producer_id.h"
#include "kafka/wire/list_offsets.h"
#include "kafka/wire/membership.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/offsets.h"
#include "kafka/wire/produce.h"
#include "kafka/wire/quotas.h"
#include "kafka/wire/reassignments.h"
#include "kafka/wire/sasl.h"
#include "kafka/wire/share_fetch.h"
#include "kafka/wire/share_groups.h"
#include "kafka/wire/share_offsets.h"
#include "kafka/wire/topics.h"
#include "kafka/wire/transaction_admin.h"
#include "kafka/wire/transactions.h"
#include "services/broker/broker.h"
#include "services/broker/responder.h"

namespace tickerlake::broker {

/// Appends in order and returns; the answer is given once the batches are as durable as acks asks for.
void handle(Broker&, const Caller&, const kafka::ProduceRequest&, Responder<kafka::ProduceResponse>);

kafka::FetchResponse handle(Broker&, const Caller&, const kafka::FetchRequest&);
kafka::ListOffsetsResponse handle(Broker&, const Caller&, const kafka::ListOffsetsRequest&);
kafka::MetadataResponse handle(Broker&, const Caller&, const kafka::MetadataRequest&);
kafka::OffsetCommitResponse handle(Broker&, const Caller&, const kafka::OffsetCommitRequest&);
kafka::OffsetFetchResponse handle(Broker&, const Caller&, const kafka::OffsetFetchRequest&);
kafka::FindCoordinatorResponse handle(Broker&, const Caller&, const kafka::FindCoordinatorRequest&);
kafka::JoinGroupResponse handle(Broker&, const Caller&, const kafka::JoinGroupRequest&);
kafka::HeartbeatResponse handle(Broker&, const Caller&, const kafka::HeartbeatRequest&);
kafka::LeaveGroupResponse handle(Broker&, const Caller&, const kafka::LeaveGroupRequest&);
kafka::SyncGroupResponse handle(Broker&, const Caller&, const kafka::SyncGroupRequest&);
kafka::DescribeGroupsResponse handle(Broker&, const Caller&, const kafka::DescribeGroupsRequest&);
kafka::ListGroupsResponse handle(Broker&, const Caller&, const kafka::ListGroupsRequest&);
kafka::ApiVersionsResponse handle(Broker&, const Caller&, const kafka::ApiVersionsRequest&);
kafka::CreateTopicsResponse handle(Broker&, const Caller&, const kafka::CreateTopicsRequest&);
kafka::DeleteTopicsResponse handle(Broker&, const Caller&, const kafka::DeleteTopicsRequest&);
kafka::DeleteRecordsResponse handle(Broker&, const Caller&, const kafka::DeleteRecordsRequest&);
kafka::InitProducerIdResponse handle(Broker&, const Caller&, const kafka::InitProducerIdRequest&);
kafka::AddPartitionsToTxnResponse handle(Broker&, const Caller&, const kafka::AddPartitionsToTxnRequest&);
kafka::AddOffsetsToTxnResponse handle(Broker&, const Caller&, const kafka::AddOffsetsToTxnRequest&);
kafka::EndTxnResponse handle(Broker&, const Caller&, const kafka::EndTxnRequest&);
kafka::WriteTxnMarkersResponse handle(Broker&, const Caller&, const kafka::WriteTxnMarkersRequest&);
kafka::TxnOffsetCommitResponse handle(Broker&, const Caller&, const kafka::TxnOffsetCommitRequest&);
kafka::DescribeProducersResponse handle(Broker&, const Caller&, const kafka::DescribeProducersRequest&);
kafka::DescribeTransactionsResponse handle(Broker&, const Caller&, const kafka::DescribeTransactionsRequest&);
kafka::ListTransactionsResponse handle(Broker&, const Caller&, const kafka::ListTransactionsRequest&);
kafka::OffsetForLeaderEpochResponse handle(Broker&, const Caller&, const kafka::OffsetForLeaderEpochRequest&);
kafka::DescribeConfigsResponse handle(Broker&, const Caller&, const kafka::DescribeConfigsRequest&);
kafka::AlterConfigsResponse handle(Broker&, const Caller&, const kafka::AlterConfigsRequest&);
kafka::ListConfigResourcesResponse handle(Broker&, const Caller&, const kafka::ListConfigResourcesRequest&);
kafka::ElectLeadersResponse handle(Broker&, const Caller&, const kafka::ElectLeadersRequest&);
kafka::AlterPartitionReassignmentsResponse handle(Broker&, const Caller&,
                                                  const kafka::AlterPartitionReassignmentsRequest&);
kafka::ListPartitionReassignmentsResponse handle(Broker&, const Caller&,
                                                 const kafka::ListPartitionReassignmentsRequest&);
kafka::AlterReplicaLogDirsResponse handle(Broker&, const Caller&, const kafka::AlterReplicaLogDirsRequest&);
kafka::DescribeLogDirsResponse handle(Broker&, const Caller&, const kafka::DescribeLogDirsRequest&);
kafka::CreatePartitionsResponse handle(Broker&, const Caller&, const kafka::CreatePartitionsRequest&);
kafka::DeleteGroupsResponse handle(Broker&, const Caller&, const kafka::DeleteGroupsRequest&);
kafka::AlterConfigsResponse handle(Broker&, const Caller&, const kafka::IncrementalAlterConfigsRequest&);
kafka::OffsetDeleteResponse handle(Broker&, const Caller&, const kafka::OffsetDeleteRequest&);
kafka::DescribeClusterResponse handle(Broker&, const Caller&, const kafka::DescribeClusterRequest&);
kafka::DescribeTopicPartitionsResponse handle(Broker&, const Caller&, const kafka::DescribeTopicPartitionsRequest&);
kafka::DescribeAclsResponse handle(Broker&, const Caller&, const kafka::DescribeAclsRequest&);
kafka::CreateAclsResponse handle(Broker&, const Caller&, const kafka::CreateAclsRequest&);
kafka::DeleteAclsResponse handle(Broker&, const Caller&, const kafka::DeleteAclsRequest&);
kafka::SaslHandshakeResponse handle(Broker&, const Caller&, const kafka::SaslHandshakeRequest&);
kafka::SaslAuthenticateResponse handle(Broker&, const Caller&, const kafka::SaslAuthenticateRequest&);
kafka::DescribeUserScramCredentialsResponse handle(Broker&, const Caller&,
                                                   const kafka::DescribeUserScramCredentialsRequest&);
kafka::AlterUserScramCredentialsResponse handle(Broker&, const Caller&, const kafka::AlterUserScramCredentialsRequest&);
kafka::ConsumerGroupHeartbeatResponse handle(Broker&, const Caller&, const kafka::ConsumerGroupHeartbeatRequest&);
kafka::ConsumerGroupDescribeResponse handle(Broker&, const Caller&, const kafka::ConsumerGroupDescribeRequest&);
kafka::ShareGroupHeartbeatResponse handle(Broker&, const Caller&, const kafka::ShareGroupHeartbeatRequest&);
kafka::ShareGroupDescribeResponse handle(Broker&, const Caller&, const kafka::ShareGroupDescribeRequest&);
kafka::ShareFetchResponse handle(Broker&, const Caller&, const kafka::ShareFetchRequest&);
kafka::ShareAcknowledgeResponse handle(Broker&, const Caller&, const kafka::ShareAcknowledgeRequest&);
kafka::DescribeShareGroupOffsetsResponse handle(Broker&, const Caller&, const kafka::DescribeShareGroupOffsetsRequest&);
kafka::AlterShareGroupOffsetsResponse handle(Broker&, const Caller&, const kafka::AlterShareGroupOffsetsRequest&);
kafka::DeleteShareGroupOffsetsResponse handle(Broker&, const Caller&, const kafka::DeleteShareGroupOffsetsRequest&);
kafka::DescribeClientQuotasResponse handle(Broker&, const Caller&, const kafka::DescribeClientQuotasRequest&);
kafka::AlterClientQuotasResponse handle(Broker&, const Caller&, const kafka::AlterClientQuotasRequest&);

}  // namespace tickerlake::broker
