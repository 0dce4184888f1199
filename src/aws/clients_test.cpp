// The clients against a server that plays the service: what they send, how they read answers, when they try again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>

#include "aws/athena_client.h"
#include "aws/glue_client.h"
#include "aws/s3_client.h"
#include "aws/verify.h"
#include "base/mutex.h"

namespace tickerlake::aws {
namespace {

using testing::HasSubstr;

struct Scripted {
  int status = 200;
  std::string body = {};
  http::Headers headers = {};
};

/// Gives its scripted answers in order and keeps what was asked; a signature that does not hold is a 403 by itself.
class Clients : public testing::Test {
 protected:
  Clients() {
    auto listener = io::Listener::bind({"127.0.0.1", 0});
    server_.emplace(std::move(*listener), http::ServerOptions{}, Log(),
                    [this](http::Request& request, http::Response& response) {
                      const std::string body = http::read_all(*request.body, 1_MiB).value_or("");
                      const auto authorization = read_authorization(request);
                      const bool holds = authorization && verify(request, *authorization, keys_,
                                                                 hex(sha256(as_bytes(body))), SystemClock().now_ms());
                      MutexLock lock(mutex_);
                      asked_.push_back(request.method + " " + request.target + " " +
                                       std::string(request.headers.find("X-Amz-Target").value_or("")) + body);
                      headers_ = request.headers;
                      Scripted next{.status = 500};
                      if (!holds) next.status = 403;
                      if (holds && !script_.empty()) {
                        next = script_.front();
                        script_.pop_front();
                      }
                      response.status = next.status;
                      response.headers = next.headers;
                      (void)response.send(next.body);
                    });
    access_.endpoint = "http://" + server_->endpoint().text();
  }
  void play(std::deque<Scripted> script) {
    MutexLock lock(mutex_);
    script_ = std::move(script);
    asked_.clear();
  }
  std::vector<std::string> asked() {
    MutexLock lock(mutex_);
    return asked_;
  }
  std::string header(std::string_view name) {
    MutexLock lock(mutex_);
    return std::string(headers_.find(name).value_or("-"));
  }

  const Credentials keys_{.access_key_id = "AKIA", .secret_access_key = "secret", .session_token = "token"};
  ServiceAccess access_{.endpoint = {}, .region = "eu-west-1", .credentials = fixed_credentials(keys_, "the test")};
  Mutex mutex_;
  std::deque<Scripted> script_ TL_GUARDED_BY(mutex_);
  std::vector<std::string> asked_ TL_GUARDED_BY(mutex_);
  http::Headers headers_ TL_GUARDED_BY(mutex_);
  std::optional<http::Server> server_;
  http::Client http_;
  S3Client s3_{http_, access_};
  GlueClient glue_{http_, access_};
  AthenaClient athena_{http_, access_};
};

std::string s3_error(std::string_view code) {
  return "<Error><Code>" + std::string(code) + "</Code><Message>why</Message></Error>";
}

TEST_F(Clients, put_sends_condition_and_checksum_and_its_outcomes_are_told_apart) {
  Scripted done;
  done.headers.add("ETag", "\"abc\"");
  play({done,
        {.status = 412, .body = s3_error("PreconditionFailed")},
        {.status = 409, .body = s3_error("ConditionalRequestConflict")},
        {.status = 404, .body = s3_error("NoSuchBucket")},
        {.status = 403, .body = s3_error("SignatureDoesNotMatch")}});
  const PutOptions once{.if_none_match = true};
  const std::string key = "a b//../\xC3\xA9+$";
  EXPECT_EQ(s3_.put("lake", key, "bytes", once).value(), "abc");
  EXPECT_EQ(asked().front(), "PUT /lake/a%20b//../%C3%A9%2B%24 bytes");
  EXPECT_EQ(header("If-None-Match"), "*");
  EXPECT_EQ(header("x-amz-checksum-crc32").size(), 8u);
  EXPECT_EQ(header("X-Amz-Security-Token"), "token");
  EXPECT_EQ(s3_.put("lake", key, "bytes", once).error().code, ErrorCode::already_exists);
  EXPECT_EQ(s3_.put("lake", key, "bytes", once).error().code, ErrorCode::conflict);
  EXPECT_EQ(s3_.put("lake", key, "bytes", once).error().code, ErrorCode::not_found);
  EXPECT_EQ(s3_.put("lake", key, "bytes", once).error().message, "s3://lake/" + key + ": SignatureDoesNotMatch: why");
}

TEST_F(Clients, tries_again_what_is_repeatable_and_never_a_conditional_put_that_may_have_happened) {
  play({{.status = 500}, {.status = 503}, {.status = 200, .body = "content"}});
  EXPECT_EQ(s3_.get("b", "k").value(), "content");
  EXPECT_EQ(asked().size(), 3u);
  play({{.status = 500}, {.status = 200}});
  EXPECT_EQ(s3_.put("b", "k", "", {.if_none_match = true}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(asked().size(), 1u);
  play({{.status = 503}, {.status = 200}});
  EXPECT_TRUE(s3_.put("b", "k", "", {.if_none_match = true})) << "SlowDown says that nothing happened";
  server_->stop();
  EXPECT_EQ(s3_.put("b", "k", "").error().code, ErrorCode::unavailable);
}

TEST_F(Clients, lists_all_pages_with_keys_of_any_kind) {
  play({{.body = "<?xml version=\"1.0\"?><ListBucketResult "
                 "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true</IsTruncated>"
                 "<EncodingType>url</EncodingType>"
                 "<NextContinuationToken>t/1</NextContinuationToken><Contents><Key>a%2Bb+c%20d</Key><Size>12</"
                 "Size><ETag>&quot;e&quot;</ETag>"
                 "</Contents></ListBucketResult>"},
        {.body = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>z+%7A</Key><Size>1</Size></"
                 "Contents><CommonPrefixes><Prefix>p/"
                 "</Prefix></CommonPrefixes></ListBucketResult>"},
        {.body = "no xml"}});
  std::vector<std::string> keys;
  ASSERT_TRUE(s3_.list_all({.bucket = "lake", .prefix = "x/"}, [&](const ObjectSummary& object) {
    keys.push_back(object.key + " " + std::to_string(object.size) + " " + object.etag);
    return true;
  }));
  EXPECT_EQ(keys, (std::vector<std::string>{"a+b c d 12 e", "z+%7A 1 "})) << "encoded only where it says so";
  EXPECT_THAT(asked().back(), HasSubstr("continuation-token=t%2F1"));
  EXPECT_EQ(s3_.list({.bucket = "lake"}).error().code, ErrorCode::corrupt);
}

TEST_F(Clients, keys_that_are_not_found_are_not_an_object_that_is_not_found) {
  access_.credentials = missing_credentials({ErrorCode::not_found, "no keys"});
  EXPECT_EQ(s3_.head("b", "k").error().code, ErrorCode::unauthorized);
  EXPECT_EQ(glue_.table("d", "t").error().code, ErrorCode::unauthorized);
  EXPECT_EQ(asked().size(), 0u);
}

TEST_F(Clients, a_body_that_has_not_the_checksum_the_store_tells_is_corrupt) {
  Scripted whole{.body = "content"}, damaged{.body = "c0ntent"}, parts{.body = "content"};
  whole.headers.add("x-amz-checksum-crc32", "/sUwqQ==");
  damaged.headers = whole.headers;
  parts.headers.add("x-amz-checksum-crc32", "AAAAAA==-3");  // of an upload in three parts: a checksum of checksums
  play({whole, damaged, parts});
  EXPECT_EQ(s3_.get("b", "k").value(), "content");
  EXPECT_EQ(header("x-amz-checksum-mode"), "ENABLED");
  EXPECT_EQ(s3_.get("b", "k").error().code, ErrorCode::corrupt);
  EXPECT_EQ(s3_.get("b", "k").value(), "content");
}

TEST_F(Clients, having_a_bucket_already_is_no_error_and_removing_nothing_neither) {
  play({{.status = 409, .body = s3_error("BucketAlreadyOwnedByYou")},
        {.status = 409, .body = s3_error("BucketAlreadyExists")},
        {.status = 204}});
  EXPECT_TRUE(s3_.create_bucket("lake"));
  EXPECT_THAT(asked().back(), HasSubstr("<LocationConstraint>eu-west-1</LocationConstraint>"));
  EXPECT_EQ(s3_.create_bucket("lake").error().code, ErrorCode::already_exists);
  EXPECT_TRUE(s3_.remove("lake", "k"));
}

TEST_F(Clients, glue_updates_a_crawler_that_is_there_and_maps_exceptions) {
  play(
      {{.status = 400, .body = R"({"__type":"com.amazonaws.glue#AlreadyExistsException","Message":"there"})"},
       {.body = "{}"},
       {.status = 400, .body = R"({"__type":"CrawlerRunningException","Message":"busy"})"},
       {.body =
            R"({"Crawler":{"State":"READY","LastCrawl":{"Status":"FAILED","ErrorMessage":"no","StartTime":1.5E9}}})"}});
  EXPECT_TRUE(glue_.put_crawler({.name = "c", .database = "d", .paths = {"s3://lake/x/"}}));
  EXPECT_EQ(
      asked().back(),
      R"(POST / AWSGlue.UpdateCrawler{"Name":"c","Role":"tickerlake","DatabaseName":"d","Targets":{"S3Targets":[{"Path":"s3://lake/x/"}]}})");
  const auto busy = glue_.start_crawler("c");
  EXPECT_EQ(busy.error().code, ErrorCode::conflict);
  EXPECT_EQ(busy.error().message, "CrawlerRunningException: busy");
  const auto crawler = glue_.crawler("c");
  ASSERT_TRUE(crawler);
  EXPECT_TRUE(crawler->ready());
  EXPECT_EQ(crawler->last_error, "no");
  EXPECT_EQ(crawler->last_started, 1.5e9);
}

TEST_F(Clients, glue_reads_tables_over_all_pages) {
  play(
      {{.body =
            R"({"TableList":[{"Name":"a","DatabaseName":"d","StorageDescriptor":{"Location":"s3://l/a/","Columns":[{"Name":"x","Type":"bigint"}]},)"
            R"("PartitionKeys":[{"Name":"year","Type":"string"}],"Parameters":{"classification":"parquet"}}],"NextToken":"n"})"},
       {.body = R"({"TableList":[{"Name":"b"}]})"}});
  const auto tables = glue_.tables("d");
  ASSERT_TRUE(tables);
  ASSERT_EQ(tables->size(), 2u);
  EXPECT_EQ(tables->front().columns.front().type, "bigint");
  EXPECT_EQ(tables->front().partition_keys.front().name, "year");
  EXPECT_EQ(tables->front().parameters.at("classification"), "parquet");
  EXPECT_THAT(asked().back(), HasSubstr("\"NextToken\":\"n\""));
}

TEST_F(Clients, athena_waits_for_the_end_and_drops_the_header_of_select_only) {
  play(
      {{.body = R"({"QueryExecutionId":"q1"})"},
       {.body = R"({"QueryExecution":{"Status":{"State":"RUNNING"}}})"},
       {.body =
            R"({"QueryExecution":{"StatementType":"DML","Status":{"State":"SUCCEEDED"},"Statistics":{"DataScannedInBytes":42}}})"},
       {.body =
            R"({"ResultSet":{"ResultSetMetadata":{"ColumnInfo":[{"Name":"x","Type":"varchar"}]},)"
            R"("Rows":[{"Data":[{"VarCharValue":"x"}]},{"Data":[{"VarCharValue":"x"}]},{"Data":[{}]}]},"NextToken":"n"})"},
       {.body =
            R"({"ResultSet":{"ResultSetMetadata":{"ColumnInfo":[{"Name":"x","Type":"varchar"}]},"Rows":[{"Data":[{"VarCharValue":"x"}]}]}})"}});
  const auto query = athena_.run({.sql = "SELECT", .database = "d"}, nullptr);
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_EQ(query->state, "SUCCEEDED");
  EXPECT_EQ(query->scanned_bytes, 42);
  const auto first = athena_.results(*query);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->rows, (std::vector<ResultRow>{{"x"}, {std::nullopt}}));
  EXPECT_EQ(athena_.results(*query, first->next_token)->rows.size(), 1u);
}

TEST_F(Clients, athena_stops_a_query_when_asked) {
  play({{.body = R"({"QueryExecutionId":"q1"})"},
        {.body = R"({"QueryExecution":{"Status":{"State":"RUNNING"}}})"},
        {.body = "{}"},
        {.body = R"({"QueryExecution":{"Status":{"State":"CANCELLED"}}})"}});
  EXPECT_EQ(athena_.run({.sql = "SELECT"}, [] { return true; })->state, "CANCELLED");
  EXPECT_THAT(asked()[2], HasSubstr("AmazonAthena.StopQueryExecution"));
}

}  // namespace
}  // namespace tickerlake::aws
