#include "drill/timeline_svg.h"

#include <gtest/gtest.h>

#include <map>
#include <pugixml.hpp>
#include <set>

#include "drill/svg_canvas.h"

namespace tickerlake::drill {
namespace {

Timeline story() {
  Timeline timeline{.title = "A drill", .subtitle = "three brokers <&> \"a topic\"", .min_in_sync = 2};
  for (std::int32_t broker = 1; broker <= 3; ++broker)
    timeline.processes.push_back(
        {.name = "broker-" + std::to_string(broker), .broker = broker, .running = {{0, true}}});
  timeline.processes.push_back({.name = "zookeeper-1", .broker = nobody, .running = {{0, true}}});
  for (std::int32_t id = 0; id < 4; ++id)
    timeline.partitions.push_back({.id = id,
                                   .replicas = {id % 3 + 1, (id + 1) % 3 + 1, (id + 2) % 3 + 1},
                                   .leaders = {{0, id % 3 + 1}},
                                   .in_sync = {{0, {1, 2, 3}}}});
  observe_process(timeline, 10'000, "broker-1", false);
  timeline.partitions[0].leaders.push_back({19'000, nobody});
  timeline.partitions[0].leaders.push_back({19'400, 2});
  timeline.partitions[0].in_sync.push_back({19'400, {2, 3}});
  observe_process(timeline, 25'000, "broker-1", true);
  timeline.controllers = {{0, 1}, {12'000, nobody}, {13'000, 3}};
  for (Ms at = 0; at <= 40'000; at += 250)
    timeline.samples.push_back({.at = at, .replayed = at * 2, .read = at * 2, .in_lake = at / 2'000 * 4'000});
  add_event(timeline, {.at = 10'000, .kind = EventKind::loss, .text = "kill -9 of broker 1, leader of <0>"});
  add_event(timeline, {.at = 10'020, .kind = EventKind::note, .text = "another thing at nearly the same time"});
  add_event(timeline, {.at = 19'400, .kind = EventKind::election, .text = std::string(1'000, 'x')});
  timeline.end = 40'000;
  return timeline;
}

pugi::xml_document parsed(const std::string& svg) {
  pugi::xml_document document;
  const auto result = document.load_string(svg.c_str(), pugi::parse_full);
  EXPECT_TRUE(result) << result.description() << " at " << result.offset;
  return document;
}

template <class Visit>
void each(const pugi::xml_node& node, Visit visit) {
  visit(node);
  for (const auto& child : node.children()) each(child, visit);
}

TEST(TimelineSvg, it_is_well_formed_and_has_no_scripts_and_no_references_outside) {
  const auto document = parsed(to_svg(story()));
  EXPECT_STREQ(document.document_element().name(), "svg");
  static const std::set<std::string> allowed = {"svg",  "title", "desc",   "style", "rect",
                                                "line", "path",  "circle", "text"};
  each(document.document_element(), [](const pugi::xml_node& node) {
    if (node.type() != pugi::node_element) return;
    EXPECT_TRUE(allowed.contains(node.name())) << node.name();
    for (const auto& attribute : node.attributes()) {
      EXPECT_FALSE(std::string(attribute.name()).starts_with("on")) << attribute.name();
      EXPECT_STRNE(attribute.name(), "href");
    }
  });
}

TEST(TimelineSvg, everything_lies_inside_the_picture) {
  const auto document = parsed(to_svg(story()));
  const auto svg = document.document_element();
  const double width = svg.attribute("width").as_double(), height = svg.attribute("height").as_double();
  each(svg, [&](const pugi::xml_node& node) {
    const auto within = [&](const char* name, double most) {
      const double at = node.attribute(name).as_double(0);
      EXPECT_TRUE(at >= 0 && at <= most) << node.name() << " " << name << "=" << at;
    };
    for (const char* name : {"x", "x1", "x2", "cx"}) within(name, width);
    for (const char* name : {"y", "y1", "y2", "cy"}) within(name, height);
    if (std::string(node.name()) == "rect") {
      EXPECT_LE(node.attribute("x").as_double() + node.attribute("width").as_double(), width);
      EXPECT_LE(node.attribute("y").as_double() + node.attribute("height").as_double(), height);
    }
  });
}

TEST(TimelineSvg, texts_on_one_line_do_not_run_into_each_other) {
  const auto document = parsed(to_svg(story()));
  struct Span {
    double from, to;
    std::string text;
  };
  std::map<double, std::vector<Span>> lines;
  each(document.document_element(), [&](const pugi::xml_node& node) {
    if (std::string(node.name()) != "text") return;
    const std::string text = node.child_value(), anchor = node.attribute("text-anchor").value();
    const double x = node.attribute("x").as_double(), length = 6.2 * static_cast<double>(text.size());
    const double from = anchor == "start" ? x : anchor == "end" ? x - length : x - length / 2;
    lines[node.attribute("y").as_double()].push_back({from, from + length, text});
  });
  for (auto& [y, spans] : lines) {
    std::ranges::sort(spans, {}, &Span::from);
    for (std::size_t i = 1; i < spans.size(); ++i)
      EXPECT_LE(spans[i - 1].to, spans[i].from + 1) << spans[i - 1].text << " | " << spans[i].text << " at y " << y;
  }
}

TEST(TimelineSvg, a_lane_changes_its_colour_where_the_leader_does) {
  const auto document = parsed(to_svg(story()));
  std::set<std::string> tips;
  each(document.document_element(), [&](const pugi::xml_node& node) {
    if (std::string(node.name()) == "rect" && node.child("title")) tips.insert(node.child_value("title"));
  });
  EXPECT_TRUE(tips.contains("none, from 19.00 s"));
  EXPECT_TRUE(tips.contains("broker 2, from 19.40 s"));
  EXPECT_TRUE(tips.contains("broker 1 not in sync, from 19.40 s"));
  EXPECT_TRUE(tips.contains("broker-1 is not running, from 10.00 s"));
}

TEST(TimelineSvg, a_timeline_without_anything_is_a_picture_too) { parsed(to_svg(Timeline{})); }

TEST(TimelineSvg, markers_that_are_near_stand_in_rows_of_their_own) {
  EXPECT_EQ(rows_of_markers({10, 12, 14, 40, 41}, 18), (std::vector<int>{0, 1, 2, 0, 1}));
  EXPECT_EQ(rows_of_markers({10, 28, 46}, 18), (std::vector<int>{0, 0, 0}));
  EXPECT_TRUE(rows_of_markers({}, 18).empty());
}

TEST(TimelineSvg, ticks_are_round_numbers_that_reach_the_largest_value) {
  EXPECT_EQ(ticks(4, 4), (std::vector<double>{0, 1, 2, 3, 4}));
  EXPECT_EQ(ticks(1'700, 4), (std::vector<double>{0, 500, 1'000, 1'500, 2'000}));
  EXPECT_EQ(ticks(63, 12).back(), 70);
  EXPECT_EQ(ticks(0, 4).size(), 2u);
}

TEST(TimelineSvg, xml_escape_leaves_no_markup_and_no_bytes_that_xml_forbids) {
  EXPECT_EQ(xml_escape("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(xml_escape(std::string("\x01 \xFF caf\xC3\xA9")), "? ? caf\xC3\xA9");
}

}  // namespace
}  // namespace tickerlake::drill
