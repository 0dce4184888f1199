#pragma once
// Private to this folder: librdkafka's side of a Client.
#include <librdkafka/rdkafka.h>

#include <functional>

#include "base/log.h"
#include "base/mutex.h"
#include "kafka/client/client.h"

namespace tickerlake::kafka {

struct Client::State {
  Log log;
  Mutex mutex;
  std::optional<Error> failure TL_GUARDED_BY(mutex);  // the first that ends the client's use
  /// What became of each message, where its producer wants to know; otherwise a failure is fail_once(). Set before the
  /// first message.
  std::function<void(const rd_kafka_message_t&)> on_delivery;

  void fail_once(Error error) TL_EXCLUDES(mutex);
  std::optional<Error> first_failure() TL_EXCLUDES(mutex);
};

/// The same failure in our words; the message ends with librdkafka's.
Error to_error(rd_kafka_resp_err_t code, std::string_view what);

}  // namespace tickerlake::kafka
