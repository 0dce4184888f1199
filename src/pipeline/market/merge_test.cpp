#include <gtest/gtest.h>

#include <fstream>

#include "base/time.h"
#include "io/file.h"
#include "pipeline/market/event_merge.h"

namespace tickerlake::pipeline {
namespace {

class Files {
 public:
  void add(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << content;
  }
  Dataset open(RowFilter filter = {}) {
    Stop stop;
    auto dataset = open_dataset({folder_.path()}, std::move(filter), stop);
    EXPECT_TRUE(dataset) << (dataset ? "" : dataset.error().message);
    return std::move(dataset).value_or(Dataset{});
  }

 private:
  io::TemporaryDirectory folder_;
};

std::vector<std::string> order(const Dataset& dataset) {
  std::vector<std::string> rows;
  EventMerge merge(dataset);
  while (merge.next())
    rows.push_back(format_date(merge.bar().day) + " " + dataset.series[merge.series()].symbol + " " +
                   std::to_string(merge.bar().volume));
  return rows;
}

const std::string header = "Date,Open,High,Low,Close,Volume,OpenInt\n";

TEST(EventMerge, tells_history_by_date_then_symbol_over_all_files) {
  Files files;
  files.add("Stocks/b.us.txt", header + "2000-01-03,1,1,1,1,1,0\n2000-01-05,1,1,1,1,2,0\n");
  files.add("Stocks/agm-a.us.txt", header + "2000-01-04,1,1,1,1,3,0\n2000-01-05,1,1,1,1,4,0\n");
  files.add("ETFs/c.us.txt", header + "2000-01-03,1,1,1,1,5,0\n");
  files.add("ETFs/empty.us.txt", "");
  files.add("README.txt", "not data");
  const auto dataset = files.open();
  EXPECT_EQ(dataset.rows, 5);
  EXPECT_EQ(dataset.empty_files, 1);
  EXPECT_EQ(dataset.bad_rows, 0);
  EXPECT_EQ(order(dataset), (std::vector<std::string>{"2000-01-03 B 1", "2000-01-03 C 5", "2000-01-04 AGM-A 3",
                                                      "2000-01-05 AGM-A 4", "2000-01-05 B 2"}));
}

TEST(EventMerge, sorts_files_whose_dates_go_back_and_keeps_equal_dates_in_order) {
  Files files;
  files.add("x.us.txt", header + "2000-01-05,1,1,1,1,1,0\n2000-01-03,1,1,1,1,2,0\n2000-01-03,1,1,1,1,3,0\n");
  files.add("y.us.txt", header + "2000-01-04,1,1,1,1,4,0\n2000-01-04,1,1,1,1,5,0\n");
  EXPECT_EQ(order(files.open()), (std::vector<std::string>{"2000-01-03 X 2", "2000-01-03 X 3", "2000-01-04 Y 4",
                                                           "2000-01-04 Y 5", "2000-01-05 X 1"}));
}

TEST(EventMerge, splits_files_with_symbols_inside) {
  Files files;
  files.add("indices.csv",
            "Index,Date,Open,High,Low,Close,Adj Close,Volume,CloseUSD\n"
            "NYA,2000-01-04,1,1,1,1,1,1.0,1\nNYA,2000-01-05,1,1,1,1,1,2.0,1\nHSI,2000-01-04,1,1,1,1,1,3.0,1\n");
  EXPECT_EQ(order(files.open()),
            (std::vector<std::string>{"2000-01-04 HSI 3", "2000-01-04 NYA 1", "2000-01-05 NYA 2"}));
}

TEST(EventMerge, takes_only_the_wanted_days_and_symbols) {
  Files files;
  files.add("a.us.txt", header + "2000-01-03,1,1,1,1,1,0\n2000-01-04,1,1,1,1,2,0\n2000-01-05,1,1,1,1,3,0\n");
  files.add("b.us.txt", header + "2000-01-04,1,1,1,1,4,0\n");
  const auto dataset = files.open({.from = parse_date("2000-01-04"), .to = parse_date("2000-01-04"), .symbols = {"a"}});
  EXPECT_EQ(order(dataset), (std::vector<std::string>{"2000-01-04 A 2"}));
  EXPECT_EQ(dataset.rows, 1);
}

TEST(EventMerge, finds_month_first_dates_by_the_rows_that_tell) {
  Files files;
  files.add("m.csv", "Date,Open,High,Low,Close,Volume\n03/04/2016,1,1,1,1,1\n03/25/2016,1,1,1,1,2\n");
  files.add("n.csv", "Date,Open,High,Low,Close,Volume\n03/04/2016,1,1,1,1,1\n25/04/2016,1,1,1,1,2\n");
  EXPECT_EQ(order(files.open()),
            (std::vector<std::string>{"2016-03-04 M 1", "2016-03-25 M 2", "2016-04-03 N 1", "2016-04-25 N 2"}));
}

TEST(Dataset, reports_bad_rows_by_file_and_line) {
  Files files;
  files.add("a.us.txt", header + "2000-01-03,1,1,1,1,1,0\nrubbish\n");
  files.add("b.csv", "hello\n");
  const auto dataset = files.open();
  EXPECT_EQ(dataset.rows, 1);
  ASSERT_EQ(dataset.bad_rows, 2);
  EXPECT_TRUE(dataset.bad_rows_listed[0].file.ends_with("a.us.txt"));
  EXPECT_EQ(dataset.bad_rows_listed[0].line, 3);
}

TEST(Dataset, names_symbols_after_files) {
  EXPECT_EQ(symbol_of("x/aapl.us.txt"), "AAPL");
  EXPECT_EQ(symbol_of("agm-a.us.txt"), "AGM-A");
  EXPECT_EQ(symbol_of("000001.SS.csv"), "000001.SS");
  EXPECT_EQ(symbol_of("nan.us.txt"), "NAN");
}

}  // namespace
}  // namespace tickerlake::pipeline
