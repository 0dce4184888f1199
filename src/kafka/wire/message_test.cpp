#include "kafka/wire/message.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "kafka/wire/api_versions.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/init_producer_id.h"
#include "kafka/wire/list_offsets.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/produce.h"
#include "kafka/wire/topics.h"

namespace tickerlake::kafka {
namespace {

template <class Request>
Buffer request_bytes(std::int16_t version, const Request& request) {
  return encode_request(version, 7, request, "c").bytes;
}

TEST(Wire, a_metadata_request_has_the_bytes_of_its_schema) {
  MetadataRequest request;
  request.topics.emplace().push_back({.topic_id = {}, .name = "t"});
  // key 3, version 4, correlation 7, client "c", one topic "t", auto-create
  EXPECT_EQ(hex(request_bytes(4, request)),
            "000300040000000700016300000001000174"
            "01");
  // flexible: tagged section in the header, compact array and string, topic id, two flags, tags twice
  EXPECT_EQ(hex(request_bytes(12, request)),
            "0003000c00000007000163"
            "00"
            "02"
            "00000000000000000000000000000000"
            "0274"
            "00"
            "01"
            "00"
            "00");
}

TEST(Wire, the_header_of_an_api_versions_response_is_never_flexible) {
  ApiVersionsResponse response;
  response.api_keys.push_back({.api_key = 18, .min_version = 0, .max_version = 4});
  EXPECT_EQ(hex(encode_response(ApiVersionsRequest::api, 3, 9, response).bytes),
            "00000009"
            "0000"
            "02"
            "001200000004"
            "00"
            "00000000"
            "00");
}

TEST(Wire, a_tagged_field_is_left_out_at_its_default_and_skipped_when_unknown) {
  ProduceResponse response;
  response.responses.emplace_back().partition_responses.emplace_back().current_leader.leader_id = 3;
  const Buffer bytes = encode_response(ProduceRequest::api, 10, 1, response).bytes;
  std::int32_t correlation = 0;
  const auto again = decode_response<ProduceResponse>(ProduceRequest::api, 10, bytes, correlation);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->responses[0].partition_responses[0].current_leader.leader_id, 3);
  EXPECT_EQ(again->responses[0].partition_responses[0].current_leader.leader_epoch, -1);

  Buffer unknown = request_bytes(3, ApiVersionsRequest{});
  unknown.pop_back();
  for (const unsigned char b : {1, 99, 2, 0xAB, 0xCD}) unknown.push_back(std::byte{b});  // tag 99 of two bytes
  ByteView body;
  ASSERT_TRUE(parse_request_header(unknown, body));
  EXPECT_TRUE(decode<ApiVersionsRequest>(body, 3));
}

TEST(Wire, a_null_is_written_as_empty_and_refused_in_versions_that_have_none) {
  MetadataRequest request;  // topics: null, "all of them"
  EXPECT_EQ(hex(request_bytes(0, request)),
            "0003000000000007000163"
            "00000000");
  EXPECT_EQ(hex(request_bytes(1, request)),
            "0003000100000007000163"
            "ffffffff");
  const auto null_array = *unhex("ffffffff");
  EXPECT_FALSE(decode<MetadataRequest>(null_array, 0));
  EXPECT_TRUE(decode<MetadataRequest>(null_array, 1));
}

TEST(Wire, a_length_that_the_frame_cannot_hold_is_refused_before_anything_is_allocated) {
  EXPECT_FALSE(decode<MetadataRequest>(*unhex("7fffffff"), 1));
  EXPECT_FALSE(decode<MetadataRequest>(*unhex("00ffffffff0f"), 12));
  EXPECT_FALSE(decode<MetadataRequest>(*unhex("fffffffe"), 1));
  EXPECT_FALSE(decode<MetadataRequest>(*unhex("00ffffffffffffffffffff01"), 12));
}

TEST(Wire, arrays_of_a_message_have_a_common_bound) {
  Buffer bytes(4 + max_array_elements * 2 + 100);
  store_big_endian(bytes.data(), static_cast<std::int32_t>(max_array_elements + 1));
  const auto result = decode<MetadataRequest>(bytes, 1);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("array elements"), std::string::npos);
}

TEST(Wire, records_in_files_become_splices_between_the_bytes) {
  FetchResponse response;
  auto& partition = response.responses.emplace_back().partitions.emplace_back();
  partition.records.slices = {{nullptr, 100, 1000}, {nullptr, 0, 24}};
  const Frame frame = encode_response(FetchRequest::api, 12, 1, response);
  ASSERT_EQ(frame.splices.size(), 2u);
  EXPECT_EQ(frame.size(), static_cast<std::int64_t>(frame.bytes.size()) + 1024);
  EXPECT_EQ(frame.splices[0].at, frame.splices[1].at);
  // behind the records: tags of partition, topic and response
  EXPECT_EQ(frame.bytes.size() - frame.splices[0].at, 3u);
}

}  // namespace
}  // namespace tickerlake::kafka
