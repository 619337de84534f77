import type { Motif } from './pictures.ts'

export type SampleSku = {
  title: string
  priceFen: number
  stock: number
  attributes?: Record<string, string>
  limitPerUser?: number
}
export type SampleProduct = { title: string; description: string; skus: SampleSku[] }
export type SampleCategory = { name: string; motif: Motif; products: SampleProduct[] }
export type SampleGroup = { name: string; categories: SampleCategory[] }

const yuan = (amount: number) => Math.round(amount * 100)
/** One SKU without a choice. */
const only = (price: number, stock: number): SampleSku[] => [
  { title: '默认', priceFen: yuan(price), stock },
]
/** One SKU per value of an attribute, all at one price. */
const each = (attribute: string, values: string[], price: number, stock: number): SampleSku[] =>
  values.map((value) => ({
    title: value,
    priceFen: yuan(price),
    stock,
    attributes: { [attribute]: value },
  }))
const product = (title: string, description: string, skus: SampleSku[]): SampleProduct => ({
  title,
  description,
  skus,
})

/** The sample shop: what a small brand of everyday things might sell. */
export const CATALOG: SampleGroup[] = [
  {
    name: '茶与咖啡',
    categories: [
      {
        name: '咖啡器具',
        motif: 'mug',
        products: [
          product(
            '手冲咖啡壶 600ml',
            '细长壶嘴,水流稳定,适合单人手冲。',
            each('颜色', ['曜石黑', '象牙白'], 129, 80),
          ),
          product(
            '陶瓷马克杯',
            '高温釉下彩,可进微波炉和洗碗机。',
            each('颜色', ['海盐蓝', '焦糖棕', '抹茶绿'], 49, 200),
          ),
          product('锥形滤杯套装', '滤杯、分享壶和四十张滤纸。', only(88, 120)),
          product('手摇磨豆机', '不锈钢锥形磨芯,十八档可调。', only(199, 60)),
          product('双层玻璃杯', '隔热不烫手,一套两只。', each('容量', ['250ml', '350ml'], 69, 150)),
        ],
      },
      {
        name: '茶叶',
        motif: 'tin',
        products: [
          product(
            '明前龙井 绿茶',
            '清明前手工采摘,豆香清甜。',
            each('规格', ['50g', '100g', '250g'], 158, 90),
          ),
          product(
            '凤凰单丛 乌龙茶',
            '蜜兰香型,回甘持久。',
            each('规格', ['100g', '200g'], 138, 90),
          ),
          product('正山小种 红茶', '松烟香,汤色红亮。', each('规格', ['100g', '250g'], 98, 120)),
          product('白毫银针 白茶', '芽头肥壮,毫香清鲜。', only(268, 40)),
          product('茉莉花茶', '六窨一提,花香入骨。', each('规格', ['75g', '150g'], 58, 160)),
        ],
      },
    ],
  },
  {
    name: '零食与生鲜',
    categories: [
      {
        name: '坚果零食',
        motif: 'bag',
        products: [
          product(
            '每日坚果 30 包',
            '六种坚果果干,一天一包。',
            each('口味', ['原味', '酸奶味'], 99, 300),
          ),
          product(
            '炭烤腰果',
            '越南大颗腰果,低温烘烤。',
            each('口味', ['原味', '海盐味', '蜂蜜味'], 39.9, 260),
          ),
          product('手工牛轧糖', '法国黄油,软糯不粘牙。', only(32, 400)),
          product('冻干草莓脆', '一斤鲜果一两脆。', each('规格', ['40g', '100g'], 25.8, 220)),
          product('海苔肉松卷', '层层酥脆,咸香可口。', each('口味', ['原味', '芝麻味'], 29.9, 280)),
        ],
      },
      {
        name: '时令水果',
        motif: 'fruit',
        products: [
          product('赣南脐橙', '现摘现发,坏果包赔。', each('规格', ['5 斤', '10 斤'], 45, 500)),
          product('阳山水蜜桃', '皮薄汁多,次日达。', each('规格', ['8 只装', '12 只装'], 128, 60)),
          product('攀枝花芒果', '树上熟,软糯香甜。', only(59, 180)),
          product('烟台红富士', '冰糖心,脆甜多汁。', each('规格', ['5 斤', '9 斤'], 52, 400)),
          product('丹东草莓 限时抢购', '九点开抢,每人限购两盒。', [
            { title: '一盒 300g', priceFen: yuan(19.9), stock: 100, limitPerUser: 2 },
          ]),
        ],
      },
    ],
  },
  {
    name: '居家',
    categories: [
      {
        name: '灯具',
        motif: 'lamp',
        products: [
          product(
            '阅读台灯',
            '无频闪,四档色温,触控调光。',
            each('颜色', ['白色', '墨绿'], 239, 70),
          ),
          product('月球小夜灯', '三维打印月面,三色可调。', each('直径', ['12cm', '18cm'], 79, 140)),
          product('落地灯', '亚麻灯罩,柔和不刺眼。', only(459, 25)),
          product('橱柜感应灯条', '人来灯亮,磁吸安装。', each('长度', ['30cm', '60cm'], 49, 200)),
          product('蜡烛暖灯', '定时融蜡,安全无明火。', only(169, 55)),
        ],
      },
      {
        name: '家纺',
        motif: 'pillow',
        products: [
          product(
            '新疆长绒棉四件套',
            '六十支贡缎,亲肤透气。',
            each('尺寸', ['1.5 米床', '1.8 米床'], 499, 45),
          ),
          product('记忆棉枕头', '慢回弹,贴合颈椎曲线。', each('高度', ['低枕', '高枕'], 149, 110)),
          product(
            '针织盖毯',
            '沙发午睡,四季可用。',
            each('颜色', ['燕麦', '雾蓝', '砖红'], 119, 90),
          ),
          product('华夫格浴巾', '轻薄速干,越洗越软。', each('颜色', ['白', '灰', '粉'], 69, 180)),
          product('亚麻窗帘', '可定制高度,半遮光。', only(189, 60)),
        ],
      },
    ],
  },
  {
    name: '文具与服饰',
    categories: [
      {
        name: '文具',
        motif: 'notebook',
        products: [
          product(
            '点阵笔记本 A5',
            '一百六十页,可平摊。',
            each('颜色', ['藏青', '橄榄', '酒红'], 35, 320),
          ),
          product(
            '按动中性笔 10 支',
            '速干不晕,0.5 毫米。',
            each('颜色', ['黑色', '彩色'], 19.9, 600),
          ),
          product('磁吸书签', '敦煌纹样,一套六枚。', only(22, 350)),
          product('手账贴纸', '植物图鉴,二十张。', only(15.8, 500)),
          product('牛皮文具袋', '头层植鞣革,越用越有光泽。', only(128, 40)),
        ],
      },
      {
        name: '服饰',
        motif: 'shirt',
        products: [
          product(
            '重磅纯棉 T 恤',
            '二百四十克,不透不变形。',
            each('尺码', ['S', 'M', 'L', 'XL'], 79, 150),
          ),
          product('帆布托特包', '加厚十六安,可放电脑。', each('颜色', ['米白', '黑'], 59, 200)),
          product('羊毛围巾', '澳洲美利奴,轻而暖。', each('颜色', ['驼色', '深灰'], 189, 70)),
          product('防晒渔夫帽', '可折叠,双面戴。', each('颜色', ['卡其', '藏蓝'], 69, 160)),
          product('中筒棉袜 5 双', '精梳棉,久穿不掉跟。', each('颜色', ['素色', '条纹'], 45, 420)),
        ],
      },
    ],
  },
]
