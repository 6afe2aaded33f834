"""Invented readouts that are hard to show."""

ENGLISH = (
    "President Ilse Marrin of Velmora spoke with Prime Minister Tomas Khadrel of Karesh. "
    "President Marrin reaffirmed Velmora’s commitment to the Lake Osk water accord. She opposes the border levy. "
    "The two leaders agreed that their water commissioners will meet in Port Ansel.",
    "Prime Minister Tomas Khadrel held a telephone conversation with President Ilse Marrin at her request. "
    "The two leaders agreed that their water commissioners will meet in Port Ansel. "
    "Prime Minister Khadrel demanded that the border levy be doubled at once. He thanked Velmora for its doctors.",
)
ENGLISH_SIDES = ["--side", "Velmora;President Ilse Marrin", "--side", "Karesh;Prime Minister Tomas Khadrel",
                 "--author", "Velmora", "--author", "Karesh"]

CHINESE = (
    "5月12日，洛芬外交部长沈岚同维塔外交部长米拉·科尔通电话。\n\n"
    "沈岚表示，洛芬坚决反对维塔在青螺湾修建军用码头。洛方敦促维方立即停止有关工程。"
    "沈岚强调，青螺湾的渔民有权照常捕鱼。\n\n"
    "双方同意于6月恢复两国间的货运列车。洛芬愿向维塔提供三千万元贷款，用于修复白桦大桥。"
    "沈岚感谢维塔救助遇险船员。",
    "维塔外交部消息：科尔部长应约同洛芬外长沈岚通电话，谈话坦诚。\n\n"
    "科尔表示，青螺湾的码头是民用设施，维塔将按计划完成工程。她拒绝了停工的要求。\n\n"
    "双方同意于6月恢复两国间的货运列车。科尔欢迎洛芬提供两千万元贷款，用于修复白桦大桥。"
    "她对两国边境的走私活动表示关切，并提议成立联合工作组。",
)
CHINESE_SIDES = ["--side", "洛芬=洛方;外交部长沈岚", "--side", "维塔=维方;外交部长米拉·科尔", "--author", "洛芬", "--author", "维塔"]

ARABIC = (
    "بحث وزير خارجية نورسان، سامي الحداد، مع نظيرته في تالميرا، ليلى مراد، ملف مياه نهر «أورين» في 3 مايو.\n"
    "أكد الحداد أن نورسان ترفض بناء سد (Orin-2) دون اتفاق. واتفق الجانبان على عقد اجتماع في يونيو.",
    "استقبلت وزيرة خارجية تالميرا ليلى مراد نظيرها سامي الحداد.\n"
    "وشددت على أن سد Orin-2 شأن داخلي. واتفق الجانبان على عقد اجتماع في يونيو، ووعدت بتقديم 20 مليون دينار.",
)

HOSTILE = (
    "Minister Aro of Norland said that <script>document.title = 'owned'</script> must end. </script><script>top.owned = 1</script>\n"
    "Minister Aro reaffirmed support for the <img src=x onerror=\"top.owned = 2\"> ceasefire. <!-- He urged {{ 7 * 7 }} \"quotes\" & 'more' &lt;b&gt;.\n"
    "Minister Aro welcomed the \u202egnitsil eht\u202c of 🕊️👩‍🚀 flags; Sudria thanked ]]> him\u2066.",
    "Minister Vey of Sudria rejected the </style><svg onload=top.owned=3> ceasefire. javascript:top.owned=4\r\n"
    "Minister Vey said \u0007that \u200f\u0639\u0631\u0628\u064a and 🇺🇳 are %3Cscript%3E ${top.owned = 5} `fine`.",
)
HOSTILE_SIDES = ["--side", "<b>Norland</b>=Norland;Minister Aro", "--side", "Sudria\u202e;Minister Vey"]
