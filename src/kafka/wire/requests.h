#pragma once
// Every request that has a message here, in one list: the broker's table of routes and the tests are made from it.
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
#include "kafka/wire/message.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/offsets.h"
#include "kafka/wire/produce.h"
#include "kafka/wire/quorum.h"
#include "kafka/wire/quotas.h"
#include "kafka/wire/reassignments.h"
#include "kafka/wire/sasl.h"
#include "kafka/wire/share_fetch.h"
#include "kafka/wire/share_groups.h"
#include "kafka/wire/share_offsets.h"
#include "kafka/wire/topics.h"
#include "kafka/wire/transaction_admin.h"
#include "kafka/wire/transactions.h"

namespace tickerlake::kafka {

template <class... Request>
struct RequestList {};

using AllRequests = RequestList<
    ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest, OffsetFetchRequest,
    FindCoordinatorRequest, JoinGroupRequest, HeartbeatRequest, LeaveGroupRequest, SyncGroupRequest,
    DescribeGroupsRequest, ListGroupsRequest, ApiVersionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
    DeleteRecordsRequest, InitProducerIdRequest, OffsetForLeaderEpochRequest, DescribeConfigsRequest,
    ListConfigResourcesRequest, AlterConfigsRequest, DescribeLogDirsRequest, CreatePartitionsRequest,
    DeleteGroupsRequest, IncrementalAlterConfigsRequest, OffsetDeleteRequest, DescribeClusterRequest,
    DescribeTopicPartitionsRequest, AddPartitionsToTxnRequest, AddOffsetsToTxnRequest, EndTxnRequest,
    WriteTxnMarkersRequest, TxnOffsetCommitRequest, DescribeProducersRequest, DescribeTransactionsRequest,
    ListTransactionsRequest, ElectLeadersRequest, AlterPartitionReassignmentsRequest, ListPartitionReassignmentsRequest,
    AlterReplicaLogDirsRequest, SaslHandshakeRequest, SaslAuthenticateRequest, DescribeUserScramCredentialsRequest,
    AlterUserScramCredentialsRequest, DescribeAclsRequest, CreateAclsRequest, DeleteAclsRequest,
    ConsumerGroupHeartbeatRequest, ConsumerGroupDescribeRequest, ShareGroupHeartbeatRequest, ShareGroupDescribeRequest,
    ShareFetchRequest, ShareAcknowledgeRequest, DescribeShareGroupOffsetsRequest, AlterShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequest, DescribeClientQuotasRequest, AlterClientQuotasRequest>;

/// What this program asks other brokers and does not answer itself.
using AskedRequests = RequestList<DescribeQuorumRequest>;

}  // namespace tickerlake::kafka
